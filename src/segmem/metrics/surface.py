"""Distances between the surfaces of two masks: Hausdorff at a percentile, and the average symmetric one.

Both by MONAI's definition, which most tables of the field use: a surface is the mask's own pixels or voxels that touch
something else by a side (the picture's edge counts), and distances run between their centres, each place weighing the
same. `surface_dice` measures by another definition. The empty rule is that of `overlap`: absent from both is NaN,
absent from one is infinite.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segmem.metrics.nearest import Distances, Mask, cropped, nearest


@dataclass(frozen=True, slots=True)
class SurfaceDistances:
    """Between two masks, in the unit of the spacing.

    Attributes:
        there: from each place on the prediction's surface to the truth's.
        back: from each place on the truth's surface to the prediction's.
    """

    there: Distances
    back: Distances

    def hausdorff(self, percentile: float = 95) -> float:
        """The larger of both directions' percentiles; 100 is the Hausdorff distance itself.

        Interpolated linearly between ranks, each direction for itself. Other programs take the percentile of both
        directions together (then a small mask's misses vanish among a large one's hits): such numbers are lower.
        """
        if self._empty:
            return self._missing
        return float(max(np.percentile(self.there, percentile), np.percentile(self.back, percentile)))

    @property
    def average(self) -> float:
        """ASSD: mean over all places of both surfaces together."""
        if self._empty:
            return self._missing
        return float((self.there.sum() + self.back.sum()) / (self.there.size + self.back.size))

    @property
    def _empty(self) -> bool:
        return not (self.there.size and self.back.size)

    @property
    def _missing(self) -> float:
        """What the empty rule says."""
        return float("inf") if self.there.size or self.back.size else float("nan")


def surface_distances(found: Mask, truth: Mask, spacing: Sequence[float]) -> SurfaceDistances:
    """Between the surfaces of two masks of one shape, (H, W) or (D, H, W).

    Args:
        found: bool, the prediction.
        truth: bool.
        spacing: of each axis, in the unit that distances shall have; ones for pixels.

    Raises:
        GeometryError: the shapes differ, or the axes are not as many as the spacings.
        SettingsError: a spacing is not above 0.
    """
    ours, theirs = (edge(mask) for mask in cropped(found, truth, spacing))
    return SurfaceDistances(nearest(ours, theirs, spacing), nearest(theirs, ours, spacing))


def edge(mask: Mask) -> Mask:
    """The mask's own places that have a neighbour by a side, or the border of the array, outside of it."""
    inner = mask.copy()
    for axis in range(mask.ndim):
        moved, to = np.moveaxis(mask, axis, 0), np.moveaxis(inner, axis, 0)
        to[1:] &= moved[:-1]
        to[:-1] &= moved[1:]
        to[[0, -1]] = False
    return mask & ~inner
