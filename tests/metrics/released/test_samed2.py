"""The released SAMed-2 score, by pencil and against what the released code returned."""

import numpy as np
import pytest

from segmem.core.errors import GeometryError, SettingsError
from segmem.metrics.overlap import dice_by_frame
from segmem.metrics.released.samed2 import mean_over_batches, score

FILE = "samed2_pooled_dice.npz"
MASKS = np.zeros((2, 1, 10, 10), np.float32)
MASKS[0, 0, :, :9] = 1  # 90 pixels, found
MASKS[1, 0, 0, 0] = 1  # one, missed
LOGITS = np.where(MASKS > 0, 3.0, -3.0).astype(np.float32)
LOGITS[1] = -3


def test_a_large_perfect_object_hides_a_small_missed_one() -> None:
    """IoU 90 / 91, Dice 180 / 181; the mean of the two images is a half."""
    iou, dice = score(LOGITS, MASKS)

    assert iou == pytest.approx(90 / 91, abs=1e-6)
    assert dice == pytest.approx(180 / 181, abs=1e-6)
    assert dice_by_frame(LOGITS[:, 0] > 0, MASKS[:, 0], 2)[:, 1].mean() == 0.5


def test_a_logit_of_0_4_is_foreground_by_probability_and_not_found() -> None:
    assert score(np.where(MASKS > 0, 0.4, -3.0), MASKS)[1] == pytest.approx(0, abs=1e-6)
    assert score(np.where(MASKS > 0, 0.6, -3.0), MASKS)[1] == pytest.approx(1, abs=1e-6)


def test_two_empty_masks_score_one() -> None:
    assert score(LOGITS[1:], 0 * MASKS[1:]) == (1, 1)


def test_a_second_threshold_halves_the_score() -> None:
    once, twice = score(LOGITS, MASKS), score(LOGITS, MASKS, (0.5, 0.9))

    assert twice == (once[0] / 2, once[1] / 2)


def test_the_batch_size_changes_the_score_and_the_last_incomplete_batch_is_dropped() -> None:
    three = [np.concatenate([a, a[1:]]) for a in (LOGITS, MASKS)]

    assert mean_over_batches(*three, batch=2) == score(LOGITS, MASKS)
    assert mean_over_batches(*three, batch=1)[1] == pytest.approx(1 / 3, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "images", "thresholds"),
    [
        ("all", [0, 1, 2, 3], (0.5,)),
        ("large_and_missed", [0, 1], (0.5,)),
        ("empty", [2], (0.5,)),
        ("missed", [1], (0.5,)),
        ("rim", [3], (0.5,)),
        ("two_thresholds", [0, 1], (0.5, 0.7)),
    ],
)
def test_golden_values_of_batches(golden, name, images, thresholds) -> None:
    z = golden(FILE)
    result = score(z["logits"][images], z["masks"][images], thresholds)

    np.testing.assert_allclose(result, z[f"iou_dice_{name}"], rtol=0, atol=1e-7)


def test_what_cannot_be_scored_is_refused() -> None:
    with pytest.raises(GeometryError, match="agree"):
        score(LOGITS, MASKS[:, 0])
    with pytest.raises(GeometryError, match="agree"):
        mean_over_batches(LOGITS[:1], MASKS, batch=1)
    with pytest.raises(SettingsError, match="threshold"):
        score(LOGITS, MASKS, ())


@pytest.mark.parametrize("batch", [0, -1, 3])
def test_a_batch_that_is_never_whole_is_refused(batch) -> None:
    with pytest.raises(SettingsError, match="1 to 2"):
        mean_over_batches(LOGITS, MASKS, batch)
