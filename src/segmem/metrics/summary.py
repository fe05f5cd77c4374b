"""Means that leave out what is absent (NaN), and say how much that was."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class Summary:
    """A mean over what is present.

    Attributes:
        mean: NaN where nothing is present.
        present: scores that count.
        absent: scores left out, NaN.
    """

    mean: float
    present: int
    absent: int


def mean_present(scores: ArrayLike) -> Summary:
    """The mean of all scores that are not NaN, whatever their shape."""
    values = np.asarray(scores, dtype=np.float64)
    kept = values[~np.isnan(values)]
    mean = float(kept.mean()) if kept.size else float("nan")
    return Summary(mean, int(kept.size), int(values.size - kept.size))


def by_class(scores: ArrayLike) -> tuple[Summary, ...]:
    """The mean over frames (or cases) of each class, of scores (T, K)."""
    return tuple(mean_present(column) for column in np.asarray(scores, dtype=np.float64).T)


def mean_of_classes(scores: ArrayLike, background: bool = False) -> Summary:
    """Mean over frames of each class, then over classes: every class weighs the same, however rare.

    Args:
        scores: (T, K), class 0 first.
        background: whether class 0 counts.
    """
    classes = by_class(scores)
    return mean_present([c.mean for c in (classes if background else classes[1:])])
