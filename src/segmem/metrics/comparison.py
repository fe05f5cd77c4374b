"""Two models on the same cases: their difference, and whether chance explains it.

Wilcoxon's signed-rank test (1945), two-sided, on the means of patients or videos, since cases of one are no
independent ones; Pratt's way with ties at zero (1959). Holm's correction over classes ("A simple sequentially
rejective multiple test procedure", 1979).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan
from statistics import fmean

import numpy as np

from segmem.core.errors import InputError
from segmem.metrics.interval import DRAWS, FEW, interval

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Paired:
    """How much the second model is above the first.

    Attributes:
        difference: second minus first, mean over groups of their means.
        low: lower end of its 95 % interval, groups drawn again; NaN below two groups.
        high: upper end.
        p: that chance alone makes such a difference; None below six groups.
        groups: patients, videos or operations that both have a finite value of.
        better: of them, in which the second is above the first.
        worse: of them, in which it is below.
        values: of each group, first and second.
    """

    difference: float
    low: float
    high: float
    p: float | None
    groups: int
    better: int
    worse: int
    values: Mapping[str, tuple[float, float]]


def require_same_cases(
    first: Mapping[str, object], second: Mapping[str, object], names: tuple[str, str] = ("A", "B")
) -> None:
    """Raise InputError where two runs are not over the same cases, and name the difference."""
    one, other = set(first) - set(second), set(second) - set(first)
    if not one and not other:
        return
    sides = [
        f"{len(lone)} only in {name}: {', '.join(sorted(lone)[:SHOWN])}{', ...' if len(lone) > SHOWN else ''}"
        for lone, name in ((one, names[0]), (other, names[1]))
        if lone
    ]
    raise InputError(
        f"{names[0]} and {names[1]} are not over the same cases, so they are not compared ({'; '.join(sides)})."
        " Predict the same cases with both, or leave out those that one lacks."
    )


def paired(
    first: Mapping[str, float], second: Mapping[str, float], groups: Mapping[str, str], draws: int = DRAWS
) -> Paired:
    """Compare values of the same cases; a case that is NaN or infinite in either is left out of both.

    Args:
        first: of each case.
        second: of the same cases.
        groups: of each case.
        draws: of the bootstrap.

    Raises:
        InputError: the cases differ.
    """
    require_same_cases(first, second)
    both: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for case in sorted(first):
        if isfinite(first[case]) and isfinite(second[case]):
            both[groups[case]].append((first[case], second[case]))
    values = {
        name: (fmean(a for a, _ in each), fmean(b for _, b in each)) for name, each in sorted(both.items())
    }
    apart = {name: b - a for name, (a, b) in values.items()}
    found = interval(apart, {name: name for name in apart}, draws)
    return Paired(
        difference=found.mean,
        low=found.low,
        high=found.high,
        p=_signed_rank(list(apart.values())),
        groups=len(values),
        better=sum(one > 0 for one in apart.values()),
        worse=sum(one < 0 for one in apart.values()),
        values=values,
    )


def holm(each: Sequence[float | None]) -> tuple[float | None, ...]:
    """p-values corrected for being many; None stays None and does not count."""
    known = [(p, place) for place, p in enumerate(each) if p is not None]
    out: list[float | None] = [None] * len(each)
    least = 0.0
    for rank, (p, place) in enumerate(sorted(known)):
        least = max(least, min(1.0, (len(known) - rank) * p))
        out[place] = least
    return tuple(out)


def _signed_rank(apart: Sequence[float]) -> float | None:
    """Exact where no difference is zero or equal to another, as SciPy decides."""
    if len(apart) < FEW:
        return None
    if not any(apart):
        return 1.0
    from scipy.stats import wilcoxon

    p = float(wilcoxon(np.asarray(apart), zero_method="pratt").pvalue)
    return p if isfinite(p) else nan
