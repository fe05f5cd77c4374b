"""Dice and IoU of label maps. The rule for empty classes is here and nowhere else.

A class absent from truth and prediction scores NaN: there was nothing to find and nothing was claimed, so it is left
out of means and counted by `summary.mean_present`. A class absent from only one of them scores 0.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from segmem.core.errors import FormatError, GeometryError

LabelMap = Tensor | NDArray[Any]
Scores = NDArray[np.float64]


def confusion(prediction: LabelMap, truth: LabelMap, classes: int) -> NDArray[np.int64]:
    """Pixels by class: (K, K), row = truth, column = prediction. Add them up to pool frames or cases.

    Args:
        prediction: any shape, whole numbers 0..K-1.
        truth: the same shape.
        classes: K, the background counted.

    Raises:
        GeometryError: the shapes differ.
        FormatError: a value is not one of the classes.
    """
    p, t = np.asarray(prediction), np.asarray(truth)
    if p.shape != t.shape:
        raise GeometryError(
            f"Prediction has shape {p.shape}, truth {t.shape}. They must agree pixel by pixel."
        )
    for name, values in (("prediction", p), ("truth", t)):
        if values.size and (values.min() < 0 or values.max() >= classes):
            raise FormatError(
                f"The {name} holds values {values.min()} to {values.max()}, but there are {classes} classes"
                f" (0 to {classes - 1}). Merge or renumber its labels first."
            )
    pairs = t.astype(np.int64).ravel() * classes + p.astype(np.int64).ravel()
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def dice_of(counts: NDArray[np.int64]) -> Scores:
    """Dice of each class (K,) from `confusion` counts (K, K)."""
    hit = counts.diagonal()
    return _ratio(2 * hit, counts.sum(axis=0) + counts.sum(axis=1))


def iou_of(counts: NDArray[np.int64]) -> Scores:
    """Intersection over union of each class (K,) from `confusion` counts (K, K)."""
    hit = counts.diagonal()
    return _ratio(hit, counts.sum(axis=0) + counts.sum(axis=1) - hit)


def dice(prediction: LabelMap, truth: LabelMap, classes: int) -> Scores:
    """Dice of each class (K,), background first; NaN where absent from both. Raises as `confusion`."""
    return dice_of(confusion(prediction, truth, classes))


def iou(prediction: LabelMap, truth: LabelMap, classes: int) -> Scores:
    """Intersection over union of each class (K,), background first; NaN where absent from both."""
    return iou_of(confusion(prediction, truth, classes))


def dice_by_frame(prediction: LabelMap, truth: LabelMap, classes: int) -> Scores:
    """Dice of each frame and class (T, K) of label maps (T, H, W). Raises as `confusion`."""
    pairs = zip(np.asarray(prediction), np.asarray(truth), strict=True)
    return np.stack([dice(p, t, classes) for p, t in pairs])


def _ratio(above: NDArray[np.int64], below: NDArray[np.int64]) -> Scores:
    out = np.full(above.shape, np.nan)
    np.divide(above, below, out=out, where=below > 0)
    return out
