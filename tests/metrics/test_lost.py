"""When a stream is lost."""

import math

from segmem.metrics.lost import lost_frames


def told(*confidence: float) -> str:
    return "".join("x" if lost else "." for lost in lost_frames(confidence))


def test_at_the_third_low_frame_in_a_row() -> None:
    assert told(0.9, 0.4, 0.4, 0.4, 0.4) == "...xx"
    assert told(0.4, 0.4, 0.5, 0.4, 0.4) == "....."


def test_until_it_is_clearly_sure_again() -> None:
    assert told(0.1, 0.1, 0.1, 0.55, 0.6, 0.4) == "..xx.."


def test_a_frame_that_tells_nothing_changes_nothing() -> None:
    assert told(0.1, math.nan, 0.1, 0.1, math.nan) == "...xx"
    assert told() == ""
