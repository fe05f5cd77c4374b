import csv
import json

import pytest
import torch

from segmem.continual.run import learn_stream
from segmem.core.errors import InterruptedRun, UsageError
from segmem.io.tensors import read_tensors
from segmem.train import course as course_module
from segmem.train.checkpoint import latest


@pytest.fixture
def learn(tmp_path, data, small):
    """Learns a stream into a folder."""

    def run(stream, name="run", **more):
        folder = tmp_path / name
        learn_stream(stream, data, folder, cache=tmp_path / "cache", quiet=True, **more)
        return folder

    return run


def weights(folder):
    return {n: v.tolist() for n, v in read_tensors(latest(folder / "checkpoints")).items() if n != "random"}


def rows(folder):
    return json.loads((folder / "scores.json").read_text())["rows"]


@pytest.mark.parametrize("strategy", ["naive", "replay"])
def test_a_strategy_learns_the_stream_and_is_measured_after_each_task(learn, stream, strategy):
    folder = learn(stream(strategy=strategy))
    assert list(rows(folder)) == ["start", "first", "second"]
    assert (folder / "continual.html").is_file()
    assert (folder / "model.safetensors").is_file()
    lines = (folder / "cases.csv").read_text().splitlines()
    after = {row["after"] for row in csv.DictReader(lines)}
    assert after == {"start", "first", "second"}


def test_joint_learns_all_at_once(learn, stream):
    assert list(rows(learn(stream(strategy="joint")))) == ["start", "joint"]


@pytest.mark.parametrize(("strategy", "stop"), [("bank", 3), ("ewc", 8), ("lwf", 9)])
def test_a_stream_that_was_stopped_within_a_task_ends_as_an_unbroken_one(
    learn, stream, strategy, stop, monkeypatch
):
    wish = stream(strategy=strategy, ewc={"samples": 2})
    whole = learn(wish, "whole")
    step, taken = course_module.Course._step, []

    def killed(self, batch):
        if len(taken) == stop:
            raise InterruptedRun("stopped")
        taken.append(0)
        return step(self, batch)

    monkeypatch.setattr(course_module.Course, "_step", killed)
    with pytest.raises(InterruptedRun):
        learn(wish, "broken")
    monkeypatch.setattr(course_module.Course, "_step", step)
    broken = learn(wish, "broken", resume=True)
    assert rows(broken) == rows(whole)
    one, other = (read_tensors(latest(folder / "checkpoints")) for folder in (whole, broken))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_another_seed_learns_otherwise_and_is_measured_on_the_same_cases(learn, stream):
    first, second = learn(stream(), "a"), learn(stream(seed=1), "b")
    assert rows(first)["start"] == rows(second)["start"]
    assert weights(first) != weights(second)


def test_a_folder_with_another_stream_is_refused(learn, stream):
    learn(stream())
    with pytest.raises(UsageError):
        learn(stream(strategy="lwf"), resume=True)
    with pytest.raises(UsageError, match="holds a run already"):
        learn(stream())


def test_a_stream_with_a_memory_that_was_stopped_within_a_task_ends_as_an_unbroken_one(
    learn, stream, small_with_cases, monkeypatch
):
    wish = stream(strategy="bank", bank={"read": True}, stage={"prompted": {"parts": ["decoder", "cases"]}})
    whole = learn(wish, "whole")
    step, taken = course_module.Course._step, []

    def killed(self, batch):
        if len(taken) == 9:
            raise InterruptedRun("stopped")
        taken.append(0)
        return step(self, batch)

    monkeypatch.setattr(course_module.Course, "_step", killed)
    with pytest.raises(InterruptedRun):
        learn(wish, "broken")
    monkeypatch.setattr(course_module.Course, "_step", step)
    broken = learn(wish, "broken", resume=True)
    assert rows(broken) == rows(whole)
    assert weights(broken) == weights(whole)
    assert (whole / "bank.safetensors").is_file()
