"""Whether a class is noticed at all: presence in a frame, or in a volume, as a yes or no."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segmem.core.errors import GeometryError


@dataclass(frozen=True, slots=True)
class Presence:
    """How often a class was claimed and was there.

    Attributes:
        hits: claimed and there.
        false_alarms: claimed and not there.
        misses: there and not claimed.
        rejections: neither.
    """

    hits: int
    false_alarms: int
    misses: int
    rejections: int

    @property
    def sensitivity(self) -> float:
        """Share found of what was there (recall); NaN where nothing was."""
        return _share(self.hits, self.misses)

    @property
    def specificity(self) -> float:
        """Share left alone of what was not there; NaN where it always was."""
        return _share(self.rejections, self.false_alarms)

    @property
    def precision(self) -> float:
        """Share there of what was claimed; NaN where nothing was."""
        return _share(self.hits, self.false_alarms)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and sensitivity; NaN where the class was never there nor claimed."""
        return _share(2 * self.hits, self.misses + self.false_alarms)


def presence(claimed: ArrayLike, there: ArrayLike) -> Presence:
    """Counts over frames, or volumes, of one class.

    Args:
        claimed: (T,) bool, whether the prediction shows the class.
        there: (T,) bool, whether the truth does.

    Raises:
        GeometryError: the lengths differ.
    """
    says, has = np.asarray(claimed, bool), np.asarray(there, bool)
    if says.shape != has.shape:
        raise GeometryError(f"Presence: {says.shape} predictions for {has.shape} truths. Give one for each.")
    return Presence(
        hits=_count(says & has),
        false_alarms=_count(says & ~has),
        misses=_count(~says & has),
        rejections=_count(~says & ~has),
    )


def _count(where: NDArray[np.bool_]) -> int:
    return int(where.sum())


def _share(part: int, rest: int) -> float:
    return part / (part + rest) if part + rest else float("nan")
