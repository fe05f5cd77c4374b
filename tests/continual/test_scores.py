import csv
import json

import numpy as np
import pytest

from segmem.continual.scores import CASES, PAGE, SCORES, START, Scores, mean_of
from segmem.core.errors import FormatError, UsageError

ABOUT = {"strategy": "naive", "seed": 0, "tasks": ["a", "b"]}


def found(a: float, b: float):
    return {"a": {"one": {1: a}}, "b": {"two": {1: b}, "three": {1: b}}}


def filled(tmp_path, **changes) -> Scores:
    scores = Scores(tmp_path, ABOUT, **changes)
    scores.add(START, found(0.1, 0.2))
    scores.add("a", found(0.9, 0.3))
    return scores


def test_rows_are_added_as_tasks_end_and_measured(tmp_path):
    scores = filled(tmp_path)
    assert scores.done() == {START: [0.1, 0.2], "a": [0.9, 0.3]}
    scores.add("b", found(0.5, 0.8))
    text = json.loads((tmp_path / SCORES).read_text())
    assert text["measures"]["final"] == pytest.approx(0.65)
    assert text["measures"]["backward"] == pytest.approx(-0.4)
    assert text["measures"]["forward"] == pytest.approx(0.1)
    assert scores.matrix(scores.done()).tolist() == [[0.9, 0.3], [0.5, 0.8]]
    page = (tmp_path / PAGE).read_text()
    assert "naive, seed 0" in page


def test_after_the_first_task_there_is_a_page_already(tmp_path):
    filled(tmp_path)
    assert "naive" in (tmp_path / PAGE).read_text()
    assert json.loads((tmp_path / SCORES).read_text())["measures"]["backward"] is None


def test_a_task_that_is_learnt_again_after_a_crash_takes_its_rows_place(tmp_path):
    scores = filled(tmp_path)
    scores.add("a", found(0.7, 0.4))
    assert scores.done()["a"] == [0.7, 0.4]
    rows = list(csv.DictReader((tmp_path / CASES).read_text().splitlines()))
    assert [row["dice"] for row in rows if row["after"] == "a"] == ["0.70000", "0.40000", "0.40000"]
    assert len(rows) == 6


def test_all_tasks_at_once_are_one_measurement(tmp_path):
    scores = Scores(tmp_path, ABOUT, at_once=True)
    scores.add("joint", found(0.9, 0.7))
    assert np.array_equal(scores.matrix(scores.done()), [[0.9, 0.7], [0.9, 0.7]])
    assert json.loads((tmp_path / SCORES).read_text())["measures"]["forgetting"] == 0


def test_another_stream_in_the_folder_is_refused(tmp_path):
    filled(tmp_path)
    with pytest.raises(UsageError, match="another seed"):
        Scores(tmp_path, {**ABOUT, "seed": 1}).done()


def test_a_damaged_file_is_said(tmp_path):
    (tmp_path / SCORES).write_text("{")
    with pytest.raises(FormatError, match="damaged"):
        Scores(tmp_path, ABOUT).done()


def test_the_mean_is_over_objects():
    assert mean_of({"a": {1: 1.0, 2: 0.5}, "b": {1: 0.0}}) == pytest.approx(0.5)
