"""The released SAR-RARP50 score, by pencil and against what the released code returned."""

import numpy as np
import pytest

from segmem.core.errors import FormatError, GeometryError
from segmem.metrics.overlap import iou
from segmem.metrics.released.sar_rarp50 import iou_by_frame, overall, video_means

TRUTH = np.zeros((1, 4, 5), np.uint8)
TRUTH[0, 1:3, 1:4] = 6
NOTHING = np.zeros_like(TRUTH)


def test_a_frame_whose_only_class_is_missed_scores_eight_ninths() -> None:
    scores = iou_by_frame(NOTHING, TRUTH)

    assert scores[0].tolist() == [1, 1, 1, 1, 1, 0, 1, 1, 1]
    assert overall(scores) == pytest.approx(8 / 9)
    assert np.nanmean(iou(NOTHING[0], TRUTH[0], 10)[1:]) == 0


def test_a_long_video_weighs_more() -> None:
    """Video 7 has one missed frame, video 3 three empty ones."""
    scores = iou_by_frame(np.tile(NOTHING, (4, 1, 1)), np.concatenate([TRUTH, *[NOTHING] * 3]))

    assert video_means(scores, [7, 3, 3, 3]).tolist() == [1, pytest.approx(8 / 9)]
    assert overall(scores) == pytest.approx(35 / 36)


def test_golden_values_of_five_frames_in_two_videos(golden) -> None:
    z = golden("sar_iou.npz")
    scores = iou_by_frame(z["prediction"], z["truth"])

    np.testing.assert_allclose(scores, z["iou"], rtol=0, atol=1e-6)
    np.testing.assert_allclose(video_means(scores, z["video"]), z["video_mean"], rtol=0, atol=1e-6)
    assert overall(scores) == pytest.approx(float(z["overall"]), abs=1e-6)


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(GeometryError, match=r"\(1, 4, 5\).*\(4, 5\)"):
        iou_by_frame(TRUTH, TRUTH[0])
    with pytest.raises(GeometryError, match="rows"):
        iou_by_frame(TRUTH[0], TRUTH[0])
    with pytest.raises(GeometryError, match="2 frames"):
        video_means(np.ones((2, 9)), [0])


def test_an_eleventh_class_is_refused() -> None:
    with pytest.raises(FormatError, match="10 classes"):
        iou_by_frame(TRUTH + 4, TRUTH)
