"""Means that skip what is absent."""

from math import isnan, nan

import numpy as np
import pytest

from segmem.metrics.summary import by_class, mean_of_classes, mean_present

SCORES = np.array([[1.0, 0.8, nan], [1.0, 0.4, nan], [1.0, nan, 0.2]])


def test_absent_scores_are_left_out_and_counted() -> None:
    summary = mean_present([0.5, nan, 1.0])

    assert (summary.mean, summary.present, summary.absent) == (0.75, 2, 1)


def test_a_score_of_nought_counts() -> None:
    assert mean_present([0.0, 1.0]).mean == 0.5


@pytest.mark.parametrize("scores", [[], [nan, nan]])
def test_nothing_present_is_nan_without_a_warning(scores: list[float]) -> None:
    summary = mean_present(scores)

    assert isnan(summary.mean)
    assert (summary.present, summary.absent) == (0, len(scores))


def test_each_class_has_its_own_mean_and_counts() -> None:
    _, second, third = by_class(SCORES)

    assert (second.mean, second.present, second.absent) == (pytest.approx(0.6), 2, 1)
    assert (third.mean, third.present, third.absent) == (0.2, 1, 2)


def test_classes_weigh_the_same_however_rare_and_the_background_only_if_asked() -> None:
    assert mean_of_classes(SCORES).mean == pytest.approx((0.6 + 0.2) / 2)
    assert mean_of_classes(SCORES, background=True).mean == pytest.approx((1 + 0.6 + 0.2) / 3)
