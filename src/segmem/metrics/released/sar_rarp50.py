"""The spatial score TMAM's released code gives on SAR-RARP50: called Dice in the paper, computed as IoU.

Source: JmeesInc/TMAM, `calc_score.py`, which hands one-hot maps to MONAI's MeanIoU with empty classes counted.
"""

import numpy as np
from numpy.typing import ArrayLike

from segmem.core.errors import GeometryError
from segmem.metrics.overlap import LabelMap, Scores, iou

CLASSES = 10
"""Of SAR-RARP50, the background counted."""


def iou_by_frame(prediction: LabelMap, truth: LabelMap, classes: int = CLASSES) -> Scores:
    """IoU of each frame and of classes 1 to K-1: (T, K-1), in 0..1.

    Wrong: a class absent from both maps scores 1, where `overlap.iou` leaves it out; one missed class costs 1 / (K-1).

    Args:
        prediction: (T, H, W), ids 0..K-1.
        truth: the same shape.
        classes: K, to score other data in the same way.

    Raises:
        GeometryError: the shapes differ or are not (T, H, W).
        FormatError: an id is above K-1 or below 0.
    """
    p, t = np.asarray(prediction), np.asarray(truth)
    if p.shape != t.shape or t.ndim != 3:
        raise GeometryError(
            f"Prediction has shape {p.shape}, truth {t.shape}. Both must be (frames, rows, columns)."
        )
    scores = [iou(a, b, classes)[1:] for a, b in zip(p, t, strict=True)]
    return np.nan_to_num(np.reshape(scores, (-1, classes - 1)), nan=1.0)


def video_means(scores: ArrayLike, video: ArrayLike) -> Scores:
    """Mean over frames and classes of each video (V,), videos in ascending order of their number.

    Wrong: classes absent from both are in it as ones; `summary.mean_present` leaves them out.

    Args:
        scores: (T, 9), of `iou_by_frame`.
        video: (T,), the number of each frame's video.

    Raises:
        GeometryError: there is not one video number for each frame.
    """
    each, numbers = np.asarray(scores, np.float64), np.asarray(video)
    if numbers.shape != each.shape[:1]:
        raise GeometryError(f"There are {len(each)} frames, but video numbers of shape {numbers.shape}.")
    return np.array([each[numbers == n].mean() for n in np.unique(numbers)])


def overall(scores: ArrayLike) -> float:
    """Mean over all frames and classes of `iou_by_frame` (T, 9): the score of a data set.

    Wrong: frames of all videos are pooled, absent classes as ones; `summary.mean_of_classes` leaves them out.
    """
    return float(np.mean(np.asarray(scores, np.float64)))
