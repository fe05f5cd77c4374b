from dataclasses import replace

import pytest
import torch

from segmem.continual.companion import Companion, measure_task
from segmem.continual.scores import START, Scores
from segmem.continual.strategy import Naive
from segmem.core.errors import InputError, SettingsError


@pytest.fixture
def companion(tmp_path, stream):
    about = {"strategy": "naive", "seed": 0, "tasks": ["first", "second"]}
    return Companion(stream(), Naive(), Scores(tmp_path / "run", about))


@pytest.fixture(autouse=True)
def folder(tmp_path):
    (tmp_path / "run").mkdir()


def spoilt(course, change):
    """The course of the first task, its material changed."""
    made = course(0)
    return replace(made, material=change(made.material))


def test_every_task_is_measured_before_the_first_and_after_each(companion, course):
    made = course(0)
    companion.begin(0, made)
    companion.begin(0, made)
    assert companion.loss(made.bare_objective(), None) is None
    companion.end(0, made)
    assert companion.scores.done().keys() == {START, "first"}
    assert all(0 <= dice <= 1 for dice in companion.scores.done()["first"])


def test_measuring_leaves_chance_and_weights_as_they_were(course, stream):
    made = course(0)
    state, weight = torch.get_rng_state(), next(made.model.parameters()).clone()
    task = stream().tasks[0]
    found = measure_task(made.model.eval(), made.material.tests["first"], task)
    assert found == measure_task(made.model, made.material.tests["first"], task)
    assert torch.equal(state, torch.get_rng_state())
    assert torch.equal(weight, next(made.model.parameters()))
    assert not weight.is_inference()


def test_a_task_without_positive_pixels_is_told(companion, course):
    def empty(material):
        first, *others = material.sources
        cases = [replace(case, labels=0 * case.labels) for case in first.cases]
        return replace(material, sources=(replace(first, cases=cases), *others))

    with pytest.raises(InputError, match=r"task 'first' \(first\): its 3 training cases have no positive"):
        companion.begin(0, spoilt(course, empty))


def test_a_task_whose_held_out_cases_are_empty_is_told(companion, course):
    def empty(material):
        cases = tuple(replace(case, labels=0 * case.labels) for case in material.tests["second"])
        return replace(material, tests={**material.tests, "second": cases})

    with pytest.raises(InputError, match=r"task 'second' \(second\): its 1 held-out cases have no positive"):
        companion.begin(0, spoilt(course, empty))


def test_a_task_that_holds_nothing_out_is_told(companion, course):
    with pytest.raises(SettingsError, match="task 'first' holds no case out"):
        companion.begin(0, spoilt(course, lambda material: replace(material, tests={})))


def test_a_task_may_be_measured_on_so_many_frames_of_a_case(course, stream, monkeypatch):
    made, told = course(0), []

    def dice(model, case, wish, frames, cases):
        told.append(frames)
        return {1: 0.5}

    monkeypatch.setattr("segmem.continual.companion.object_dice", dice)
    task = stream().tasks[0]
    measure_task(made.model, made.material.tests["first"], task)
    measure_task(made.model, made.material.tests["first"], task.model_copy(update={"measured_frames": 1}))
    assert told == [None, 1]
