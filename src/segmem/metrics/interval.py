"""A mean with its 95 % interval, by drawing patients or videos again: cases of one patient are no independent ones.

Percentile bootstrap over groups (Efron and Tibshirani, "An introduction to the bootstrap", 1993, chapter 13; groups
drawn whole: Davison and Hinkley, "Bootstrap methods and their application", 1997, section 3.8).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite, nan

import numpy as np
from numpy.typing import NDArray

from segmem.core.errors import InputError, SettingsError

DRAWS = 10_000
LEVEL = 0.95
FEW = 6
"""Groups below which no p-value is given and every value is shown: the signed-rank test cannot reach .05 under six."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over cases and how far it may be off.

    Attributes:
        mean: over cases; NaN without any.
        median: over cases.
        low: lower end; NaN where one case or none is left.
        high: upper end.
        cases: that count.
        absent: left out, NaN: the class was neither there nor claimed.
        missed: left out, infinite: a distance to something that was not found, or not there.
        groups: patients, videos or operations among those that count.
        within: whether the interval is over the cases of a single group, and says nothing about other ones.
    """

    mean: float
    median: float
    low: float
    high: float
    cases: int
    absent: int
    missed: int
    groups: int
    within: bool

    @property
    def few(self) -> bool:
        """Whether there are so few groups that every value should be shown beside the mean."""
        return self.groups < FEW


def interval(
    values: Mapping[str, float],
    groups: Mapping[str, str],
    draws: int = DRAWS,
    level: float = LEVEL,
    seed: int = 0,
) -> Interval:
    """The mean over cases; its interval draws whole groups, or the cases of the only group.

    Args:
        values: of each case; NaN and infinite ones are left out and counted.
        groups: of each of those cases.
        draws: how many.
        level: share of the draws between the ends.
        seed: of the draws. The order of the cases makes no difference.

    Raises:
        InputError: a case has no group.
        SettingsError: the level is not between 0 and 1, or there is no draw.
    """
    if not (0 < level < 1 and draws > 0):
        raise SettingsError(
            f"Bootstrap: level {level} of {draws} draws. Take a level between 0 and 1, and draws."
        )
    lacking = sorted(set(values) - set(groups))
    if lacking:
        raise InputError(f"Bootstrap: case {lacking[0]!r} has no group. Name its patient or video.")
    kept = {case: value for case, value in sorted(values.items()) if isfinite(value)}
    names = sorted({groups[case] for case in kept})
    within = len(names) < 2
    units = list(kept) if within else [groups[case] for case in kept]
    found = np.array(list(kept.values()), np.float64)
    low, high = _ends(found, units, draws, level, seed)
    return Interval(
        mean=float(found.mean()) if found.size else nan,
        median=float(np.median(found)) if found.size else nan,
        low=low,
        high=high,
        cases=found.size,
        absent=sum(value != value for value in values.values()),  # noqa: PLR0124 - NaN
        missed=sum(abs(value) == float("inf") for value in values.values()),
        groups=len(names),
        within=within,
    )


def _ends(
    values: NDArray[np.float64], units: list[str], draws: int, level: float, seed: int
) -> tuple[float, float]:
    """Of the mean over all values of the units drawn: units with many values weigh more, as they do in the mean."""
    _, place = np.unique(units, return_inverse=True) if units else ([], np.zeros(0, np.intp))
    count = np.bincount(place)
    if len(count) < 2:
        return nan, nan
    total = np.bincount(place, values)
    drawn = np.random.default_rng(seed).integers(0, len(count), (draws, len(count)))
    means = total[drawn].sum(axis=1) / count[drawn].sum(axis=1)
    tail = (1 - level) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)
