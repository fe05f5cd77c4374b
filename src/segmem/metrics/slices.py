"""Slice-to-slice consistency of a volume: how alike neighbouring slices of a label map are."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from segmem.core.errors import GeometryError
from segmem.metrics.overlap import LabelMap, iou
from segmem.metrics.summary import Summary, by_class, mean_present


@dataclass(frozen=True, slots=True)
class SliceConsistency:
    """Of one volume.

    Attributes:
        classes: of each class but the background: mean IoU over the pairs of slices in which it is present.
        mean: over those classes; NaN where none is ever present.
        pairs: of neighbouring slices.
    """

    classes: tuple[Summary, ...]
    mean: float
    pairs: int


def slice_consistency(labels: LabelMap, classes: int) -> SliceConsistency:
    """IoU of each slice with the next one, in place: no motion is undone, as organs change shape from slice to slice.

    What is right depends on the slices' distance and on the organ, so read it beside the truth's own on the same grid.

    Args:
        labels: (D, H, W), whole numbers 0..K-1.
        classes: K, the background counted.

    Raises:
        GeometryError: not three axes.
        FormatError: a value is not one of the classes.
    """
    maps = np.asarray(labels)
    if maps.ndim != 3:
        raise GeometryError(f"Slice consistency: labels are {maps.shape}. Give one volume, (D, H, W).")
    scores = [iou(now, before, classes)[1:] for before, now in pairwise(maps)]
    summary = by_class(np.array(scores)) if scores else ()
    return SliceConsistency(summary, mean_present([one.mean for one in summary]).mean, len(scores))
