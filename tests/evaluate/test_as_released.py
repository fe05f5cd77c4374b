"""The papers' own numbers on label maps."""

import numpy as np
import pytest

from segmem.evaluate.as_released import BESIDE, SAMED2_BATCH, AsReleased

CLASSES = ("background", "a", "b")


def frame(height: int) -> np.ndarray:
    """(10, 10) with so many rows of class a."""
    labels = np.zeros((10, 10), np.uint8)
    labels[:height] = 1
    return labels


def values(pairs: list[tuple[np.ndarray, np.ndarray]]) -> dict[tuple[str, str], float]:
    measured = AsReleased(CLASSES)
    for truth, predicted in pairs:
        measured.add(truth, predicted)
    return {(row.metric, row.class_): row.value for row in measured.rows("c")}


def test_an_absent_class_lifts_every_one_of_them() -> None:
    """Class a: half found. Class b: neither there nor claimed."""
    found = values([(frame(4), frame(2))])
    assert found["released_tmam_dice", ""] == pytest.approx((0.5 + 1) / 2)
    assert found["released_samed2_dice", "a"] == pytest.approx(2 / 3, abs=1e-6)
    assert found["released_samed2_dice", "b"] == 1
    assert found["released_lapg_dice", "a"] == pytest.approx(2 / 3, abs=1e-6)
    assert found["released_lapg_dice", "b"] == 1


def test_pooling_hides_a_small_miss_and_drops_the_last_batch() -> None:
    """Three large hits and one small miss in a batch; a fifth picture is left over."""
    pairs = [(frame(9), frame(9))] * 3 + [(frame(1), frame(0)), (frame(5), frame(0))]
    found = values(pairs)
    assert len(pairs) == SAMED2_BATCH + 1
    assert found["released_samed2_dice", "a"] == pytest.approx(2 * 270 / (280 + 270), abs=1e-6)
    assert found["released_lapg_dice", "a"] == pytest.approx(3 / 5, abs=1e-3)


def test_every_row_says_what_it_stands_beside() -> None:
    assert {metric for metric, _ in values([(frame(4), frame(2))])} <= set(BESIDE)
    assert AsReleased(CLASSES).rows("c") == []
