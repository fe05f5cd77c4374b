"""Whether a model is right as often as it says: reliability by bins of confidence, and its expected error."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segmem.core.errors import FormatError, GeometryError, SettingsError

BINS = 15


@dataclass(frozen=True, slots=True)
class Reliability:
    """Counts by bins of equal width from 0 to 1; add those of frames and cases to pool them.

    Attributes:
        count: (N,) answers in each bin.
        sure: (N,) sum of their confidences.
        right: (N,) how many of them were right.
    """

    count: NDArray[np.int64]
    sure: NDArray[np.float64]
    right: NDArray[np.int64]

    def __add__(self, other: "Reliability") -> "Reliability":
        if len(self.count) != len(other.count):
            raise SettingsError(
                f"Reliability of {len(self.count)} and of {len(other.count)} bins do not add up."
            )
        return Reliability(self.count + other.count, self.sure + other.sure, self.right + other.right)

    @property
    def confidence(self) -> NDArray[np.float64]:
        """(N,) mean confidence of each bin, NaN where it is empty."""
        return _mean(self.sure, self.count)

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """(N,) share right of each bin, NaN where it is empty."""
        return _mean(self.right, self.count)

    @property
    def ece(self) -> float:
        """Expected calibration error, 0 to 1: mean over answers of their bin's |accuracy - confidence|.

        Guo et al., "On calibration of modern neural networks", 2017, equation 3. NaN where nothing was counted.
        """
        total = self.count.sum()
        return float(np.abs(self.right - self.sure).sum() / total) if total else float("nan")

    @property
    def overconfidence(self) -> float:
        """Mean confidence minus accuracy over all answers, -1 to 1: above 0 the model promises too much."""
        total = self.count.sum()
        return float((self.sure.sum() - self.right.sum()) / total) if total else float("nan")


def reliability(confidence: ArrayLike, right: ArrayLike, bins: int = BINS) -> Reliability:
    """Sort answers into bins by their confidence.

    For pixels, leave out those where truth and prediction are both background: they are most of a picture, nearly
    all right and sure, and hide what the rest is like.

    Args:
        confidence: any shape, the probability of the answer given, 0 to 1; a bin's upper edge belongs to it.
        right: the same shape, whether it was right.
        bins: how many.

    Raises:
        GeometryError: the shapes differ.
        FormatError: a confidence is NaN or outside of 0 to 1.
        SettingsError: no bin.
    """
    sure, hit = np.asarray(confidence, np.float64), np.asarray(right, bool)
    if sure.shape != hit.shape:
        raise GeometryError(
            f"Calibration: {sure.shape} confidences for {hit.shape} answers. Give one for each."
        )
    if bins < 1:
        raise SettingsError(f"Calibration: {bins} bins. Take at least one; {BINS} are usual.")
    if sure.size and not (sure.min() >= 0 and sure.max() <= 1):
        raise FormatError(
            f"Calibration: confidences from {sure.min()} to {sure.max()}. They are probabilities, 0 to 1."
        )
    place = np.clip(np.ceil(sure * bins).astype(np.intp) - 1, 0, bins - 1).ravel()
    return Reliability(
        count=np.bincount(place, minlength=bins),
        sure=np.bincount(place, weights=sure.ravel(), minlength=bins).astype(np.float64),
        right=np.bincount(place[hit.ravel()], minlength=bins),
    )


def _mean(total: NDArray[np.float64] | NDArray[np.int64], count: NDArray[np.int64]) -> NDArray[np.float64]:
    out = np.full(len(count), np.nan)
    np.divide(total, count, out=out, where=count > 0)
    return out
