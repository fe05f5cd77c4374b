"""The temporal consistency (TC) of TMAM's released code: masks carried along the flow in the wrong direction.

Source: JmeesInc/TMAM, `tmp_cst/eval_tc.py` (SAR-RARP50), `eval_tc_cholec.py`, `analyze_tc_scores.py`. Flow is
given, frame t to t + 1 in pixels, (x, y) last. The right definition is `metrics.temporal`.
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segmem.core.errors import GeometryError
from segmem.metrics.overlap import Scores
from segmem.metrics.summary import by_class, mean_of_classes

CLASSES = 10
"""Of either dataset: CholecSeg8k's ids 10, 11 and 12 are never counted."""
SAR_SIZE = (1080, 1920)
Mask = NDArray[Any]
Flow = NDArray[np.float32]


def enlarged(mask: Mask, size: tuple[int, int]) -> Mask:
    """Nearest pixel at another size: source index = floor(target index x source size / target size).

    Wrong: samples sit half a source pixel off centre; `metrics.temporal` resizes nothing.

    Args:
        mask: (H, W).
        size: rows and columns wanted, larger or smaller.
    """
    row, column = (np.arange(new) * old // new for new, old in zip(size, mask.shape, strict=True))
    return np.asarray(mask[row[:, None], column])


def warped(mask: Mask, flow: Flow) -> Mask:
    """Frame t as the released code brings it to t + 1: looked up at x + flow(x), (H, W).

    Wrong: a look-up needs backward flow, as in `metrics.temporal`; beyond the border it repeats the border.

    Args:
        mask: (H, W), of frame t.
        flow: (H, W, 2), from t to t + 1; halves of a pixel go to the even coordinate.

    Raises:
        GeometryError: the sizes differ.
    """
    if flow.shape != (*mask.shape, 2):
        raise GeometryError(
            f"The mask is {mask.shape}, the flow {flow.shape}; expected (H, W) and (H, W, 2)."
        )
    high, wide = mask.shape
    column = np.rint(np.arange(wide, dtype=np.float32) + flow[..., 0]).clip(0, wide - 1)
    row = np.rint(np.arange(high, dtype=np.float32)[:, None] + flow[..., 1]).clip(0, high - 1)
    return np.asarray(mask[row.astype(np.intp), column.astype(np.intp)])


def sar_iou(brought: Mask, now: Mask, classes: int = CLASSES) -> Scores:
    """IoU of each class (K,) as on SAR-RARP50; NaN where the class is in neither mask.

    Wrong: class 0 is the shared foreground over the background of either; `overlap.iou` gives 1 for equal masks.

    Args:
        brought: (H, W), of `warped`.
        now: (H, W), the next frame.
        classes: K, to score other data in the same way.
    """
    scores = cholec_iou(brought, now, classes)
    background = ((brought == 0) | (now == 0)).sum()
    scores[0] = ((brought != 0) & (now != 0)).sum() / background if background else np.nan
    return scores


def cholec_iou(brought: Mask, now: Mask, classes: int = CLASSES) -> Scores:
    """IoU of each class (K,) as on CholecSeg8k; NaN where the class is in neither mask.

    Wrong: classes 10, 11 and 12 are left out and background is in, where `metrics.temporal` takes all but background.

    Args:
        brought: (H, W), of `warped`.
        now: (H, W), the next frame.
        classes: K, to score other data in the same way.

    Raises:
        GeometryError: the sizes differ.
    """
    if brought.shape != now.shape:
        raise GeometryError(f"Masks of {brought.shape} and {now.shape} cannot be compared pixel by pixel.")
    scores = np.full(classes, np.nan)
    for number in range(classes):
        before, after = brought == number, now == number
        union = (before | after).sum()
        if union:
            scores[number] = (before & after).sum() / union
    return scores


def sar_loop(masks: Iterable[Mask], flows: Iterable[Flow]) -> Scores:
    """IoU of each pair of frames and class (T-1, 10) of a SAR-RARP50 video.

    Wrong: see `warped` and `sar_iou`; masks are enlarged to 1080 x 1920 whatever their own size.

    Args:
        masks: T of (H, W), ids 0..9.
        flows: T-1 of (1080, 1920, 2), each from a frame to the next.

    Raises:
        GeometryError: a flow has another size, or there are not T-1.
    """
    large = (enlarged(np.asarray(mask), SAR_SIZE) for mask in masks)
    return _table([sar_iou(warped(a, f), b) for (a, b), f in _paired(large, flows)])


def cholec_loop(masks: Iterable[Mask], flows: Iterable[Flow]) -> Scores:
    """IoU of each pair of frames and class (T-1, 10) of CholecSeg8k masks.

    Wrong: see `warped` and `cholec_iou`; the mask is resized to the flow and back, and pairs may cross clips.

    Args:
        masks: T of (H, W), ids 0..12.
        flows: T-1 of (h, w, 2) of any size, each from a frame to the next.

    Raises:
        GeometryError: there are not T-1 flows.
    """
    scores = []
    for (before, now), flow in _paired(map(np.asarray, masks), flows):
        high, wide = flow.shape[:2]
        brought = warped(enlarged(before, (high, wide)), flow)
        scores.append(cholec_iou(enlarged(brought, now.shape), now))
    return _table(scores)


def mean_of_pairs(scores: ArrayLike) -> Scores:
    """Mean over pairs of frames of each class (10,), of scores (T-1, 10); NaN where the class is in no pair.

    Wrong: in nothing but the scores it is given; the means are those of `summary.by_class`.
    """
    return np.array([s.mean for s in by_class(scores)])


def summary(videos: ArrayLike) -> float:
    """The published TC: mean over videos of each class, then over classes, of `mean_of_pairs` (V, 10), without NaN.

    Wrong: class 0 is in the mean, on SAR-RARP50 with a number that is no IoU; `metrics.temporal` leaves it out.
    """
    return mean_of_classes(videos, background=True).mean


def _paired(masks: Iterable[Mask], flows: Iterable[Flow]) -> Iterable[tuple[tuple[Mask, Mask], Flow]]:
    """Each pair of masks with its flow, one at a time: large ones are never held together."""
    made = iter(flows)
    for t, pair in enumerate(pairwise(masks)):
        flow = next(made, None)
        if flow is None:
            raise GeometryError(f"Released consistency: no flow from frame {t} to the next.")
        yield pair, flow
    if next(made, None) is not None:
        raise GeometryError("Released consistency: there are more flows than pairs of masks.")


def _table(scores: list[Scores]) -> Scores:
    return np.reshape(np.array(scores, np.float64), (-1, CLASSES))
