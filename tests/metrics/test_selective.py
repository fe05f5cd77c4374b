from math import isnan

import numpy as np
import pytest

from segmem.core.errors import GeometryError
from segmem.metrics.selective import caught, risk_coverage, to_review


def test_three_frames_by_hand():
    # surest first: risks 0, .6, .3
    found = risk_coverage([0.9, 0.2, 0.5], [1.0, 0.7, 0.4])
    assert found.coverage == pytest.approx([1 / 3, 2 / 3, 1])
    assert found.risk == pytest.approx([0, 0.3, 0.3])
    assert found.area == pytest.approx(0.2)
    assert found.best == pytest.approx((0 + 0.15 + 0.3) / 3)
    assert found.chance == pytest.approx(0.3)


def test_doubt_that_ranks_as_the_score_does_is_the_best():
    scores = np.random.default_rng(0).uniform(size=100)
    assert risk_coverage(scores**2, scores).area == pytest.approx(risk_coverage(scores, scores).best)
    assert risk_coverage(-scores, scores).area > risk_coverage(scores, scores).chance


def test_equal_confidence_is_chance_in_any_order():
    scores = np.array([0.0, 1.0, 0.5])
    for order in ([0, 1, 2], [2, 1, 0], [1, 0, 2]):
        found = risk_coverage([0.5] * 3, scores[order])
        assert found.risk == pytest.approx([0.5] * 3)
        assert found.area == pytest.approx(found.chance)


def test_a_frame_without_score_or_confidence_is_left_out():
    found = risk_coverage([0.9, 0.5, float("nan")], [float("nan"), 0.5, 0.1])
    assert found.risk == pytest.approx([0.5])
    assert isnan(risk_coverage([], []).area)


def test_each_frame_has_both():
    with pytest.raises(GeometryError, match="one for each frame"):
        risk_coverage([1, 2], [1])


def test_one_frame_an_event_is_looked_at_before_the_next_of_the_same():
    doubt = [0.1, 0.2, 0.3, 0.9, 0.15]
    cases, frames = ["a", "a", "a", "a", "b"], [10, 11, 12, 30, 11]
    assert to_review(doubt, cases, frames, look=3, apart=5) == [0, 4, 3]
    assert to_review(doubt, cases, frames, look=4, apart=5) == [0, 4, 3, 1]
    assert to_review(doubt, cases, frames, look=9, apart=0) == [0, 4, 1, 2, 3]


def test_no_confidence_is_no_reason_to_look():
    assert to_review([float("nan"), 0.9], ["a", "b"], [0, 0]) == [1, 0]


def test_half_of_the_worst_is_caught():
    scores = [0.1, 0.9, 0.2, 0.9] + [0.95] * 36  # 5 % of 40 are two: places 0 and 2
    cases, frames = ["a"] * 40, list(range(0, 400, 10))
    assert caught([0], scores, cases, frames) == 0.5
    assert caught([0, 2], scores, cases, frames) == 1
    assert caught([1], scores, cases, frames) == 0
    assert caught([1], scores, cases, frames, apart=10) == 1


def test_a_frame_of_another_case_catches_nothing():
    assert caught([1], [0.1, 0.9], ["a", "b"], [3, 3]) == 0


def test_equally_bad_frames_all_count():
    assert caught([0], [0.0, 0.0, 0.0, 0.9], ["a", "b", "c", "d"], [0, 0, 0, 0]) == pytest.approx(1 / 3)
    assert isnan(caught([], [float("nan")], ["a"], [0]))
