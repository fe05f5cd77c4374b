"""The IoU and Dice of LAPG's released code: logits compared with five thresholds meant for probabilities.

Source: liufangcoca-515/APG, `func_3d/utils.py`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmem.core.errors import GeometryError, SettingsError
from segmem.metrics.overlap import Scores

THRESHOLDS = (0.1, 0.3, 0.5, 0.7, 0.9)
IOU_SMOOTH, DICE_SMOOTH = 1e-6, np.float32(1e-4)


def score(logits: NDArray[Any], masks: NDArray[Any], thresholds: Sequence[float] = THRESHOLDS) -> Scores:
    """IoU (row 0) and Dice (row 1) of each channel: (2, C), in 0..1.

    Wrong: logits are cut as if probabilities, five times, and averaged; absent from both is 1, in `overlap.dice` NaN.

    Args:
        logits: (B, C, H, W).
        masks: the same shape, 0..1.
        thresholds: of the logits; one only where C is three or more.

    Raises:
        GeometryError: the shapes differ or have not four axes.
        SettingsError: no threshold, or several for three or more channels: the released function raises there.
    """
    if logits.shape != masks.shape or logits.ndim != 4:
        raise GeometryError(
            f"Logits have shape {logits.shape}, masks {masks.shape}. Both must be (B, C, H, W)."
        )
    if not thresholds or (logits.shape[1] > 2 and len(thresholds) > 1):
        raise SettingsError(
            f"{logits.shape[1]} channels with {len(thresholds)} thresholds: the released score has no answer here."
            " Give one threshold."
        )
    cuts = [_at(logits > float(cut), masks > float(cut)) for cut in thresholds]
    return np.asarray(np.mean(cuts, axis=0))


def box(mask: NDArray[Any]) -> Scores:
    """x0, y0, x1, y1 (4,) in pixels around the largest value of a mask (H, W), corners included; NaN if empty.

    Wrong: one box spans all regions of that value however far apart, where a prompt should hold one object.
    """
    row, column = np.nonzero((mask == mask.max()) & (mask > 0))
    if not row.size:
        return np.full(4, np.nan)
    return np.array([column.min(), row.min(), column.max(), row.max()], np.float64)


def _at(prediction: NDArray[np.bool_], truth: NDArray[np.bool_]) -> Scores:
    """IoU and Dice of each channel (2, C) at one threshold: of each image, then their mean."""
    hit = (prediction & truth).sum(axis=(2, 3))
    either = (prediction | truth).sum(axis=(2, 3))
    iou = (hit + IOU_SMOOTH) / (either + IOU_SMOOTH)
    # Dice in float32, as released.
    dice = (2 * hit.astype(np.float32) + DICE_SMOOTH) / ((hit + either).astype(np.float32) + DICE_SMOOTH)
    return np.stack([iou.mean(axis=0), dice.mean(axis=0)])
