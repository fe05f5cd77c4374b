"""The released LAPG score, by pencil and against what the released code returned."""

import numpy as np
import pytest

from segmem.core.errors import GeometryError, SettingsError
from segmem.metrics.overlap import dice
from segmem.metrics.released.lapg import box, score

FILE = "lapg_thresholds.npz"
MASK = np.zeros((1, 1, 6, 5), np.float32)
MASK[..., 1:4, 1:4] = 1


def test_a_perfect_mask_of_logit_0_6_scores_0_6() -> None:
    """Above .1, .3 and .5 but not .7 and .9: three of five thresholds."""
    logits = np.where(MASK > 0, 0.6, -5).astype(np.float32)

    assert score(logits, MASK).ravel().tolist() == [pytest.approx(0.6, abs=1e-5)] * 2
    assert dice(logits[0, 0] > 0, MASK[0, 0], 2)[1] == 1


def test_two_empty_masks_score_one_and_lift_the_mean() -> None:
    """One image missed, one without the organ: a half."""
    masks = np.concatenate([MASK, 0 * MASK])

    assert score(masks - 5, masks).ravel().tolist() == [pytest.approx(0.5, abs=1e-4)] * 2


def test_each_channel_has_its_score() -> None:
    masks = np.concatenate([MASK, MASK], axis=1)
    logits = np.concatenate([10 * MASK - 5, 0 * MASK - 5], axis=1)

    assert score(logits, masks)[0].tolist() == [1, pytest.approx(0, abs=1e-6)]


def test_a_box_spans_regions_far_apart() -> None:
    mask = np.zeros((20, 30), np.float32)
    mask[2, 3] = mask[18, 25] = 1
    mask[0, 29] = 0.5  # not the largest value

    assert box(mask).tolist() == [3, 2, 25, 18]
    assert np.isnan(box(0 * mask)).all()


def test_golden_values_of_one_image_and_of_the_batch(golden) -> None:
    z = golden(FILE)
    logits, masks = z["logits"], z["masks"]
    each = [score(x[None], m[None]).ravel() for x, m in zip(logits, masks, strict=True)]

    np.testing.assert_allclose(each, z["iou_dice_each"], rtol=0, atol=1e-7)
    np.testing.assert_allclose(score(logits, masks).ravel(), z["iou_dice_batch"], rtol=0, atol=1e-7)


def test_golden_values_of_probabilities_in_place_of_logits(golden) -> None:
    z = golden(FILE)
    probabilities = 1 / (1 + np.exp(-z["logits"]))
    each = [score(x[None], m[None]).ravel() for x, m in zip(probabilities, z["masks"], strict=True)]

    np.testing.assert_allclose(each, z["iou_dice_sigmoid_each"], rtol=0, atol=1e-7)


@pytest.mark.parametrize(("image", "name"), [(0, "first"), (1, "second")])
def test_golden_values_of_one_threshold(golden, image, name) -> None:
    z = golden(FILE)
    logits, masks = z["logits"][[image]], z["masks"][[image]]
    each = [score(logits, masks, (cut,)).ravel() for cut in z["thresholds"]]

    np.testing.assert_allclose(each, z[f"iou_dice_{name}_per_threshold"], rtol=0, atol=1e-7)


def test_golden_values_of_two_and_three_channels(golden) -> None:
    z = golden(FILE)
    two, three = ((z[f"{n}_logits"], z[f"{n}_masks"]) for n in ("two", "three"))

    np.testing.assert_allclose(score(*two).ravel(), z["two_iou0_iou1_dice0_dice1"], rtol=0, atol=1e-7)
    at_half = score(*three, (0.5,)).ravel()
    np.testing.assert_allclose(at_half, z["three_ious_then_dices_at_half"], rtol=0, atol=1e-7)


def test_golden_boxes(golden) -> None:
    z = golden(FILE)

    np.testing.assert_array_equal(box(z["box_mask"]), z["box"])
    np.testing.assert_array_equal(box(0 * z["box_mask"]), z["box_empty"])


def test_what_cannot_be_scored_is_refused() -> None:
    with pytest.raises(GeometryError, match="must be"):
        score(MASK, MASK[0])
    with pytest.raises(GeometryError, match="must be"):
        score(MASK[0], MASK[0])
    with pytest.raises(SettingsError, match="3 channels with 5 thresholds"):
        score(np.tile(MASK, (1, 3, 1, 1)), np.tile(MASK, (1, 3, 1, 1)))
    with pytest.raises(SettingsError, match="0 thresholds"):
        score(MASK, MASK, ())
