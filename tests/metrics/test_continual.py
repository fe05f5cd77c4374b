"""Measures of learning task after task, by hand."""

import math

import numpy as np
import pytest

from segmem.core.errors import FormatError, GeometryError
from segmem.metrics.continual import continual

MATRIX = [
    [0.9, 0.3, 0.1],
    [0.7, 0.8, 0.2],
    [0.8, 0.5, 0.6],
]


def test_three_tasks_by_hand() -> None:
    found = continual(MATRIX, start=[0.1, 0.2, 0.3])
    assert found.final == pytest.approx((0.8 + 0.5 + 0.6) / 3)
    assert found.average == pytest.approx((0.9 + (0.7 + 0.8) / 2 + (0.8 + 0.5 + 0.6) / 3) / 3)
    assert found.backward == pytest.approx(((0.8 - 0.9) + (0.5 - 0.8)) / 2)
    assert found.forward == pytest.approx(((0.3 - 0.2) + (0.2 - 0.3)) / 2)
    assert found.by_task.tolist() == pytest.approx([0.9 - 0.8, 0.8 - 0.5])
    assert found.forgetting == pytest.approx(0.2)
    assert found.plasticity == pytest.approx((0.9 + 0.8 + 0.6) / 3)


def test_a_task_that_gained_later_forgets_from_its_best_not_from_its_first() -> None:
    found = continual([[0.5, 0, 0], [0.9, 0.5, 0], [0.6, 0.5, 0.5]])
    assert found.by_task[0] == pytest.approx(0.3)
    assert found.backward == pytest.approx(0.1 / 2)


def test_scores_of_tasks_not_learnt_yet_are_not_needed_but_for_forward_transfer() -> None:
    unknown = np.where(np.tri(3, dtype=bool), MATRIX, np.nan)
    found = continual(unknown, start=[0, 0, 0])
    assert found.forgetting == pytest.approx(0.2)
    assert math.isnan(found.forward)
    assert math.isnan(continual(MATRIX).forward)


def test_what_is_above_the_diagonal_is_no_best() -> None:
    """A task that was easy before it was learnt: only what it had from then on counts."""
    lucky = [[0.5, 0.99, 0], [0.5, 0.6, 0], [0.5, 0.4, 0.5]]
    assert continual(lucky).by_task.tolist() == pytest.approx([0, 0.2])


def test_one_task() -> None:
    found = continual([[0.7]], start=[0.1])
    assert (found.final, found.plasticity, found.average) == (0.7, 0.7, 0.7)
    assert all(math.isnan(value) for value in (found.backward, found.forward, found.forgetting))


def test_nothing_is_forgotten_where_nothing_changes() -> None:
    found = continual(np.full((4, 4), 0.5))
    assert (found.backward, found.forgetting, found.final) == (0, 0, 0.5)


def test_refused() -> None:
    with pytest.raises(GeometryError, match=r"R is \(1, 2\)"):
        continual([[1, 2]])
    with pytest.raises(GeometryError, match=r"\(2,\) scores before learning for 1 tasks"):
        continual([[1.0]], start=[1, 2])
    with pytest.raises(FormatError, match="no score on task 0 after stage 1"):
        continual([[1, np.nan], [np.nan, 1]])
