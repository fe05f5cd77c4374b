"""Means over cases of each class and metric, with their intervals and how many there were."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from statistics import fmean

from pydantic import Field

from segmem.core import Settings
from segmem.evaluate.scores import CaseScores
from segmem.metrics.interval import interval

NAME = "summary.json"
ALL = "mean of classes"
"""Stands for the mean over classes of a case; each class that is there weighs the same."""
FIRST = (
    "dice",
    "iou",
    "j_and_f",
    "f",
    "nsd_",
    "hd95_",
    "assd_",
    "volume_error_",
    "TC",
    "flicker",
    "presence_",
)
"""What people look for first."""
POOLED = ("dice", "iou", "j_and_f", "nsd_", "TC")
"""Metrics whose mean over classes says something."""
COUNTS = ("area_px", "volume_ml")
"""Sizes, which belong in the table and not in a summary."""
HIDDEN = ("released_", "missed_frames", "lost_frames")
"""Metrics that have a place of their own."""


class Entry(Settings):
    """One class and metric over cases. Groups are patients, videos or operations."""

    class_: str = Field(serialization_alias="class")
    """Empty where the metric is about all of them at once."""
    metric: str
    mean: float | None
    """Over cases that have a finite value; none where no case has."""
    median: float | None
    low: float | None
    """Of the 95 % interval, whole groups drawn again."""
    high: float | None
    within_group: bool
    """Whether the interval is over the cases of the only group, and says nothing about others."""
    cases: int
    """That count."""
    absent: int
    """Cases left out: neither there nor claimed."""
    missed: int
    """Cases left out: an infinite distance, the class not found or not there."""
    groups: int
    few: bool
    """Whether groups are fewer than six: then look at every value."""
    values: dict[str, float | None]
    """By case; none where it is infinite."""


def summary(scored: Sequence[CaseScores]) -> list[Entry]:
    """Of the numbers that cases have as a whole, those that people look for first before the others."""
    groups = {one.case: one.group for one in scored}
    found = by_metric(scored)
    order = sorted(found, key=lambda key: (_rank(key[0]), key[0], key[1] != ALL, key[1]))
    return [_entry(name, metric, found[metric, name], groups) for metric, name in order]


def by_metric(scored: Sequence[CaseScores]) -> dict[tuple[str, str], dict[str, float]]:
    """Values by case of every (metric, class), and of `ALL` where a mean over classes says something."""
    found: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for one in scored:
        of_classes: dict[str, list[float]] = defaultdict(list)
        for row in one.rows:
            if row.frame is not None or row.metric.startswith(COUNTS):
                continue
            found[row.metric, row.class_][row.case] = row.value
            if row.class_ and row.metric.startswith(POOLED):
                of_classes[row.metric].append(row.value)
        for metric, values in of_classes.items():
            found[metric, ALL][one.case] = fmean(values)
    return dict(found)


def in_summary(metric: str) -> bool:
    """Whether a metric stands among the others."""
    return not metric.startswith(HIDDEN)


def told(entries: Iterable[Entry]) -> str:
    """A table for people, a line each."""
    lines = [
        f"{'metric':<46}{'class':<24}{'mean':>9}  {'95 % interval':<19}{'median':>9}{'n':>5}{'groups':>8}"
    ]
    for one in entries:
        if not in_summary(one.metric) and not one.metric.startswith("released_"):
            continue
        ends = "" if one.low is None else f"{_number(one.low)} to {_number(one.high)}"
        mark = "*" if one.within_group and ends else ""
        lines.append(
            f"{one.metric:<46}{one.class_ or '-':<24}{_number(one.mean):>9}  {ends + mark:<19}"
            f"{_number(one.median):>9}{one.cases:>5}{one.groups:>8}"
        )
    if any(line.rstrip().count("*") for line in lines):
        lines.append("* within the only patient or video: it says nothing about others")
    return "\n".join(lines)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}" if abs(value) < 100 else f"{value:.1f}"


def _rank(metric: str) -> int:
    fits = (
        rank
        for rank, first in enumerate(FIRST)
        if metric == first or (first != "f" and metric.startswith(first))
    )
    return next(fits, len(FIRST))


def _entry(name: str, metric: str, values: Mapping[str, float], groups: Mapping[str, str]) -> Entry:
    found = interval(values, groups)
    return Entry(
        class_=name,
        metric=metric,
        mean=_finite(found.mean),
        median=_finite(found.median),
        low=_finite(found.low),
        high=_finite(found.high),
        within_group=found.within,
        cases=found.cases,
        absent=len(groups) - len(values),
        missed=found.missed,
        groups=found.groups,
        few=found.few,
        values={case: _finite(value) for case, value in values.items()},
    )


def _finite(value: float) -> float | None:
    """JSON has no infinity."""
    return value if isfinite(value) else None
