"""Learning task after task as a page."""

import numpy as np
import pytest

from segmem.core.errors import FormatError, GeometryError
from segmem.report.continual import continual_page

pytest.importorskip("matplotlib")
TASKS = ("polyps", "skin", "<lungs>")
NAIVE = [[0.9, 0.3, 0.1], [0.7, 0.8, 0.2], [0.5, 0.6, 0.85]]
BANK = [[0.9, 0.3, 0.1], [0.88, 0.8, 0.2], [0.86, 0.79, 0.84]]


def test_two_ways_side_by_side() -> None:
    text = continual_page([("naive", NAIVE), ("bank", BANK)], TASKS, "Dice", start=[0.1, 0.1, 0.1])
    assert text.count("<svg") == 4
    assert 'data-key="0.3' in text  # forgetting of the naive one: (.4 + .2) / 2
    assert "-0.300" in text
    assert "+0.150" in text  # forward: (.2 + .1) / 2
    assert "<lungs>" not in text
    assert "&lt;lungs&gt;" in text


def test_tasks_not_learnt_yet_need_no_score() -> None:
    unknown = np.where(np.tri(3, dtype=bool), NAIVE, np.nan)
    assert "<svg" in continual_page([("naive", unknown)], TASKS, "Dice")


def test_refused() -> None:
    with pytest.raises(GeometryError, match=r"naive: R is \(3, 3\) for 2 tasks"):
        continual_page([("naive", NAIVE)], TASKS[:2], "Dice")
    with pytest.raises(FormatError, match="no score on task 0 after stage 2"):
        continual_page([("naive", np.where(np.eye(3, k=-2, dtype=bool), np.nan, NAIVE))], TASKS, "Dice")
