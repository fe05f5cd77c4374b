"""Two runs over the same cases, class by class."""

from collections import defaultdict
from collections.abc import Sequence
from math import isfinite

from pydantic import Field

from segmem.core import Settings
from segmem.core.errors import InputError
from segmem.evaluate.result import Result
from segmem.evaluate.summary import ALL, by_metric
from segmem.metrics.comparison import Paired, holm, paired, require_same_cases

COMPARED = ("dice", "iou", "j_and_f", "nsd_", "hd95_", "assd_", "TC")
BESIDE = (" of truth", " gap")
"""Ends of names of what stands beside a metric."""


class Difference(Settings):
    """Of one metric and class: the second run minus the first."""

    class_: str = Field(serialization_alias="class")
    metric: str
    difference: float
    low: float | None
    high: float | None
    """Of the 95 % interval, whole groups drawn again."""
    p: float | None
    """Of the signed-rank test over groups; none below six of them."""
    p_holm: float | None
    """Corrected for the classes of the metric."""
    groups: int
    better: int
    worse: int
    """Groups in which the second has the higher, or the lower, value."""
    values: dict[str, tuple[float, float]]
    """First and second of each group, where there are fewer than six."""


class Comparison(Settings):
    """Of two runs."""

    first: str
    second: str
    differences: tuple[Difference, ...]


def compare(first: Result, second: Result) -> Comparison:
    """All metrics that both have.

    Raises:
        InputError: the runs' cases or classes differ; the difference is named.
    """
    cases = [{one.case: one for one in result.scored} for result in (first, second)]
    require_same_cases(cases[0], cases[1], (first.name, second.name))
    if first.classes != second.classes:
        raise InputError(
            f"{first.name} and {second.name} are not compared: their classes are {', '.join(first.classes)} and"
            f" {', '.join(second.classes)}. Name them alike with --classes."
        )
    groups = {name: one.group for name, one in cases[0].items()}
    one, other = by_metric(first.scored), by_metric(second.scored)
    absent = dict.fromkeys(groups, float("nan"))
    found = {
        key: paired(absent | one[key], absent | other[key], groups)
        for key in one
        if key in other and key[0].startswith(COMPARED) and not key[0].endswith(BESIDE)
    }
    return Comparison(first=first.name, second=second.name, differences=tuple(_corrected(found)))


def _corrected(found: dict[tuple[str, str], Paired]) -> Sequence[Difference]:
    """With Holm's correction over the classes of each metric; the mean over classes stands alone."""
    families: dict[tuple[str, bool], list[tuple[str, str]]] = defaultdict(list)
    for metric, name in found:
        families[metric, name == ALL].append((metric, name))
    adjusted: dict[tuple[str, str], float | None] = {}
    for keys in families.values():
        adjusted |= dict(zip(keys, holm([found[key].p for key in keys]), strict=True))
    return [
        Difference(
            class_=name,
            metric=metric,
            difference=one.difference,
            low=_finite(one.low),
            high=_finite(one.high),
            p=one.p,
            p_holm=adjusted[metric, name],
            groups=one.groups,
            better=one.better,
            worse=one.worse,
            values=dict(one.values) if one.p is None else {},
        )
        for (metric, name), one in found.items()
        if isfinite(one.difference)
    ]


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None
