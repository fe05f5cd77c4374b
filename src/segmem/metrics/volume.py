"""How much of a class there is, and how wrong that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

MM3_PER_ML = 1000.0


@dataclass(frozen=True, slots=True)
class VolumeError:
    """Of one class.

    Attributes:
        found_ml: volume of the prediction.
        truth_ml: volume of the truth.
    """

    found_ml: float
    truth_ml: float

    @property
    def ml(self) -> float:
        """Found minus truth; NaN where both are empty, by the rule of `overlap`."""
        return self.found_ml - self.truth_ml if self.found_ml or self.truth_ml else float("nan")

    @property
    def percent(self) -> float:
        """Of the truth; NaN where both are empty, infinite where only the truth is."""
        if not self.truth_ml:
            return float("inf") if self.found_ml else float("nan")
        return 100 * self.ml / self.truth_ml


def volume_errors(counts: NDArray[np.int64], spacing_mm: Sequence[float]) -> tuple[VolumeError, ...]:
    """Of each class (K,), the background first, from `overlap.confusion` counts (K, K) of a whole volume.

    Args:
        counts: voxels, row = truth, column = prediction.
        spacing_mm: of each axis.
    """
    voxel = prod(spacing_mm) / MM3_PER_ML
    pairs = zip(counts.sum(axis=0) * voxel, counts.sum(axis=1) * voxel, strict=True)
    return tuple(VolumeError(float(found), float(truth)) for found, truth in pairs)
