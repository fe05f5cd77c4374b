from math import isnan

import pytest

from segmem.core.errors import GeometryError
from segmem.metrics.presence import Presence, presence


def test_ten_frames_by_hand():
    there = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]
    says = [1, 1, 1, 0, 1, 0, 0, 0, 0, 0]
    found = presence(says, there)
    assert found == Presence(hits=3, false_alarms=1, misses=1, rejections=5)
    assert found.sensitivity == 3 / 4
    assert found.precision == 3 / 4
    assert found.specificity == 5 / 6
    assert found.f1 == 6 / 8


def test_what_is_never_there_has_no_sensitivity():
    found = presence([0, 1, 0], [0, 0, 0])
    assert isnan(found.sensitivity)
    assert found.precision == 0
    assert found.specificity == 2 / 3
    assert found.f1 == 0


def test_nothing_there_and_nothing_claimed_is_no_score():
    found = presence([0, 0], [0, 0])
    assert isnan(found.f1)
    assert isnan(found.precision)
    assert found.specificity == 1


def test_what_is_always_there_has_no_specificity():
    assert isnan(presence([1, 0], [1, 1]).specificity)


def test_each_prediction_needs_its_truth():
    with pytest.raises(GeometryError, match=r"\(2,\) predictions for \(3,\) truths"):
        presence([1, 0], [1, 0, 1])
