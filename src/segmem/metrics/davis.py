"""J and F of the DAVIS benchmark: how well a region and its outline are found (Perazzi et al. 2016).

Two empty masks score NaN here (the rule of `overlap`); DAVIS itself counts them as 1, which `both_empty=1` gives.
"""

import math

import numpy as np
from numpy.typing import NDArray

from segmem.metrics.nearest import nearest

Mask = NDArray[np.bool_]
TOLERANCE = 0.008  # of the frame's diagonal


def region(found: Mask, truth: Mask, both_empty: float = math.nan) -> float:
    """J, the intersection over union of two masks (H, W), in 0..1; `both_empty` where neither has a pixel."""
    union = int((found | truth).sum())
    return float((found & truth).sum()) / union if union else both_empty


def contour(found: Mask, truth: Mask, tolerance: float = TOLERANCE, both_empty: float = math.nan) -> float:
    """F, the harmonic mean of precision and recall of outline pixels of two masks (H, W), in 0..1.

    An outline pixel is right where the other outline passes within `tolerance` x diagonal pixels of it (a tolerance
    of 1 or more is in pixels). A mask without an outline, empty or as large as the frame, agrees only with its like.
    """
    if not found.any() and not truth.any():
        return both_empty
    radius = max(1, math.ceil(tolerance * math.hypot(*found.shape))) if tolerance < 1 else int(tolerance)
    ours, theirs = outline(found), outline(truth)
    if not ours.any() or not theirs.any():
        return float(bool((found == truth).all()))
    precision, recall = _near(ours, theirs, radius), _near(theirs, ours, radius)
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def outline(mask: Mask) -> Mask:
    """Pixels (H, W) that differ from the one right, below, or right and below of them; the frame's edge is none."""
    edge = np.zeros_like(mask)
    edge[:, :-1] |= mask[:, :-1] ^ mask[:, 1:]
    edge[:-1] |= mask[:-1] ^ mask[1:]
    edge[:-1, :-1] |= mask[:-1, :-1] ^ mask[1:, 1:]
    return edge


def _near(ours: Mask, theirs: Mask, radius: int) -> float:
    """Share of one outline's pixels that the other passes within `radius` pixels."""
    return float(np.isfinite(nearest(ours, theirs, (1.0, 1.0), radius)).mean())
