"""The IoU and Dice of SAMed-2's released code: pixels of a whole batch pooled, so large objects hide small ones.

Source: ZhilingYan/Medical-SAM-Bench, `sam2/util.py` and `main.py`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmem.core.errors import GeometryError, SettingsError

SMOOTH = 1e-5


def score(
    logits: NDArray[Any], masks: NDArray[Any], thresholds: Sequence[float] = (0.5,)
) -> tuple[float, float]:
    """IoU and Dice of one batch, in 0..1; both empty scores 1.

    Wrong: images are pooled (each alone: `overlap.dice_by_frame`), and a logit meets a probability's threshold.

    Args:
        logits: (B, 1, H, W).
        masks: the same shape, 0 or 1.
        thresholds: only the first is used, and the result is divided by their number.

    Raises:
        GeometryError: the shapes differ.
        SettingsError: there is no threshold.
    """
    _check(logits, masks)
    if not thresholds:
        raise SettingsError("The score needs a threshold; the released one is 0.5.")
    p, t = logits > thresholds[0], masks > 0
    iou = float(((p & t).sum() + SMOOTH) / ((p | t).sum() + SMOOTH))
    return iou / len(thresholds), 2 * iou / (1 + iou) / len(thresholds)


def mean_over_batches(logits: NDArray[Any], masks: NDArray[Any], batch: int) -> tuple[float, float]:
    """The overall IoU and Dice: the mean of `score` over batches taken in order.

    Wrong: the last, incomplete batch is dropped, and the batch size changes the answer; see `summary.mean_present`.

    Args:
        logits: (N, 1, H, W).
        masks: the same shape, 0 or 1.
        batch: images in a batch.

    Raises:
        GeometryError: the shapes differ.
        SettingsError: no batch is whole.
    """
    _check(logits, masks)
    whole = len(logits) // batch if batch > 0 else 0
    if not whole:
        raise SettingsError(
            f"{len(logits)} images fill no batch of {batch}. Take a batch of 1 to {len(logits)}."
        )
    parts = [slice(i * batch, (i + 1) * batch) for i in range(whole)]
    iou, dice = np.mean([score(logits[s], masks[s]) for s in parts], axis=0)
    return float(iou), float(dice)


def _check(logits: NDArray[Any], masks: NDArray[Any]) -> None:
    if logits.shape != masks.shape:
        raise GeometryError(f"Logits have shape {logits.shape}, masks {masks.shape}. They must agree.")
