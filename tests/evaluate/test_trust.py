"""Whether confidence is where the errors are."""

import math

import pytest

from measured import scored
from segmem.evaluate.trust import frame_dice, trust

WORTH = [0.9] * 38 + [0.1, 0.2]


def test_a_model_that_knows_its_bad_frames() -> None:
    sure = dict(enumerate(WORTH))
    found = trust([scored("a", {}, by_frame=WORTH, confidence=sure)])
    assert found is not None
    assert found.caught == 1
    assert found.curve.area == pytest.approx(found.curve.best)
    assert (found.review[0].frame, found.review[0].dice) == (38, 0.1)
    assert found.frames == 40
    told = found.told()
    assert told["caught_of_worst_5_percent"] == 1
    assert told["ece"] is None
    assert len(told["review"]) == 20


def test_a_model_that_is_surest_where_it_is_wrong() -> None:
    sure = {t: 1 - value for t, value in enumerate(WORTH)}
    found = trust([scored("a", {}, by_frame=WORTH, confidence=sure)])
    assert found is not None
    assert found.curve.area > found.curve.chance


def test_frames_that_nobody_drew_can_be_reviewed_but_not_scored() -> None:
    found = trust([scored("a", {}, by_frame=[0.9], confidence={0: 0.9, 1: 0.2, 2: 0.2, 3: 0.2})])
    assert found is not None
    assert math.isnan(found.review[0].dice)
    assert found.told()["review"][0]["dice"] is None
    assert found.lost == 1


def test_no_confidence_no_trust() -> None:
    assert trust([scored("a", {}, by_frame=WORTH)]) is None


def test_a_frame_is_worth_the_mean_of_its_classes() -> None:
    assert frame_dice(scored("a", {"tip": 1.0}, by_frame=[0.5, 0.7])) == {0: 0.5, 1: 0.7}
