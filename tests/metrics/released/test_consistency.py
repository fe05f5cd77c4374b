"""The released temporal consistency, by pencil and against what the released code returned."""

import numpy as np
import pytest

from segmem.core.errors import GeometryError
from segmem.metrics.flow import BackwardFlow
from segmem.metrics.released.consistency import (
    SAR_SIZE,
    cholec_iou,
    cholec_loop,
    enlarged,
    mean_of_pairs,
    sar_iou,
    sar_loop,
    summary,
    warped,
)
from segmem.metrics.temporal import temporal_consistency

FILE = "temporal_consistency.npz"


def bar(start: int, number: int = 1) -> np.ndarray:
    """Ten columns of one class in a picture of 40."""
    mask = np.zeros((10, 40), np.uint8)
    mask[:, start : start + 10] = number
    return mask


def shift(dx: float, size: tuple[int, int] = (10, 40)) -> np.ndarray:
    return np.broadcast_to(np.array([dx, 0], np.float32), (*size, 2))


def test_perfect_masks_of_a_moving_bar_score_a_ninth_for_being_brought_the_wrong_way() -> None:
    """The bar goes 4 right; brought 4 left instead it lies 8 away: 2 columns in common of 18."""
    before, now = bar(10), bar(14)

    assert sar_iou(warped(before, shift(4)), now)[1] == pytest.approx(2 / 18)
    true = BackwardFlow(-shift(4), np.ones(now.shape, bool))
    assert temporal_consistency(np.stack([before, now]), [true], 2, "known").mean == 1


def test_the_border_is_repeated_by_what_leaves_the_picture() -> None:
    row = np.arange(5, dtype=np.uint8)[None]

    assert warped(row, shift(3, (1, 5))).tolist() == [[3, 4, 4, 4, 4]]
    assert warped(row.T, shift(0, (5, 1)) + np.float32([0, -2])).ravel().tolist() == [0, 0, 0, 1, 2]


def test_half_a_pixel_goes_to_the_even_coordinate() -> None:
    row = np.arange(6, dtype=np.uint8)[None]

    assert warped(row, shift(0.5, (1, 6))).tolist() == [[0, 2, 2, 4, 4, 5]]
    assert warped(row, shift(-0.5, (1, 6))).tolist() == [[0, 0, 2, 2, 4, 4]]


def test_equal_masks_score_a_third_for_the_background_and_may_score_above_one() -> None:
    """10 columns of foreground over 30 of background; then 30 over 10."""
    less, more = bar(10), 1 - bar(10)

    assert sar_iou(less, less)[:2].tolist() == [pytest.approx(1 / 3), 1]
    assert sar_iou(more, more)[0] == 3
    assert cholec_iou(less, less)[:2].tolist() == [1, 1]
    assert np.isnan(sar_iou(less + 1, less + 1)[0])


def test_a_class_in_neither_mask_is_nan_and_the_last_three_of_cholecseg8k_are_not_seen() -> None:
    scores = cholec_iou(bar(10, 12), bar(30, 12))

    assert scores.shape == (10,)
    assert scores[0] == pytest.approx(20 / 40)
    assert np.isnan(scores[1:]).all()


def test_nearest_takes_the_source_pixel_at_or_before() -> None:
    row = np.array([[1, 2, 3]], np.uint8)

    assert enlarged(row, (2, 7)).tolist() == [[1, 1, 1, 2, 2, 3, 3]] * 2
    assert enlarged(row, (1, 2)).tolist() == [[1, 2]]


def test_the_sar_loop_moves_enlarged_masks() -> None:
    """48 times as wide: 192 px to the right are the bar's 4."""
    scores = sar_loop([bar(10), bar(14)], [shift(192, SAR_SIZE)])

    assert scores.shape == (1, 10)
    assert scores[0, 1] == pytest.approx(2 / 18)


def test_the_cholec_loop_moves_masks_at_the_size_of_the_flow() -> None:
    scores = cholec_loop([bar(10), bar(14)], [shift(8, (20, 80))])

    assert scores[0, 1] == pytest.approx(2 / 18)


def test_the_summary_counts_the_background_and_takes_videos_before_classes() -> None:
    """Classes: 0 (.2 and .4), 1 (1 and absent)."""
    videos = np.full((2, 10), np.nan)
    videos[:, 0], videos[0, 1] = (0.2, 0.4), 1

    assert summary(videos) == pytest.approx((0.3 + 1) / 2)
    assert mean_of_pairs(videos)[:2].tolist() == [pytest.approx(0.3), 1]
    assert np.isnan(mean_of_pairs(videos)[2:]).all()


@pytest.mark.parametrize(("sign", "name"), [(1, ""), (-1, "_negative_flow")])
def test_golden_masks_brought_along_the_flow_and_against_it(golden, sign, name) -> None:
    z = golden(FILE)
    pairs = zip(z["segmentation"], sign * z["flow"], strict=False)
    brought = np.stack([warped(mask, flow) for mask, flow in pairs])
    scores = [sar_iou(a, b) for a, b in zip(brought, z["segmentation"][1:], strict=True)]

    np.testing.assert_array_equal(brought, z[f"warped{name}"])
    np.testing.assert_allclose(scores, z[f"iou{name or '_released'}"], rtol=0, atol=1e-7)
    if sign == 1:
        np.testing.assert_allclose(mean_of_pairs(scores), z["mean_released"], rtol=0, atol=1e-7)


def test_golden_shifts_by_parts_of_a_pixel(golden) -> None:
    z = golden(FILE)
    brought = warped(z["rounding_segmentation"], z["rounding_flow"])

    np.testing.assert_array_equal(brought, z["rounding_warped"])


def test_golden_iou_of_equal_masks_and_of_the_cholec_variant(golden) -> None:
    z = golden(FILE)
    masks = z["segmentation"]
    variant = [cholec_iou(a, b) for a, b in zip(z["warped"], masks[1:], strict=True)]

    np.testing.assert_allclose([sar_iou(m, m) for m in masks], z["iou_identical"], rtol=0, atol=1e-7)
    np.testing.assert_allclose(variant, z["iou_cholec"], rtol=0, atol=1e-7)


def test_golden_loop_over_a_sar_video(golden) -> None:
    z = golden(FILE)
    flows = (np.broadcast_to(step, (*SAR_SIZE, 2)) for step in z["loop_shift"])
    scores = sar_loop(z["segmentation"], flows)

    np.testing.assert_allclose(scores, z["loop_iou"], rtol=0, atol=1e-7)
    np.testing.assert_allclose(mean_of_pairs(scores), z["loop_mean"], rtol=0, atol=1e-7)


def test_golden_loop_over_a_cholec_video(golden) -> None:
    z = golden(FILE)
    scores = cholec_loop(z["cholec_segmentation"], z["flow"])

    np.testing.assert_allclose(scores, z["cholec_iou"], rtol=0, atol=1e-7)
    np.testing.assert_allclose(mean_of_pairs(scores), z["cholec_mean"], rtol=0, atol=1e-7)


def test_golden_summary_of_two_videos(golden) -> None:
    z = golden(FILE)
    logs = np.round([z["loop_mean"], z["mean_released"]], 4)

    np.testing.assert_array_equal(logs, z["summary_videos"])
    assert summary(logs) == pytest.approx(float(z["summary_overall"]), abs=1e-7)


def test_sizes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(GeometryError, match=r"\(10, 40\).*\(9, 40, 2\)"):
        warped(bar(0), shift(1, (9, 40)))
    with pytest.raises(GeometryError, match="pixel by pixel"):
        cholec_iou(bar(0), bar(0).T)
    with pytest.raises(GeometryError, match=r"\(1080, 1920\)"):
        sar_loop([bar(0), bar(0)], [shift(1)])


def test_too_few_and_too_many_flows_are_refused() -> None:
    with pytest.raises(GeometryError, match="no flow from frame 1"):
        cholec_loop([bar(0)] * 3, [shift(1)])
    with pytest.raises(GeometryError, match="more flows"):
        cholec_loop([bar(0)] * 2, [shift(1)] * 2)


def test_one_frame_has_no_pairs() -> None:
    assert cholec_loop([bar(0)], []).shape == (0, 10)
