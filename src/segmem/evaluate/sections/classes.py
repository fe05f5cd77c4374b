"""How the cases of each class lie."""

from collections.abc import Sequence

from segmem.evaluate.result import Result
from segmem.evaluate.summary import ALL, by_metric
from segmem.report import chart
from segmem.report.page import Drawing, Drawings, Section

DRAWN = ("dice", "iou", "nsd_", "hd95_")
SHARES = ("dice", "iou", "nsd_")
"""Metrics between 0 and 1."""


def classes(results: Sequence[Result]) -> Section:
    """A drawing of each metric: a row for each class, and run, a dot for each case."""
    many = len(results) > 1
    rows: dict[str, dict[str, list[float]]] = {}
    for result in results:
        for (metric, name), values in by_metric(result.scored).items():
            if metric.startswith(DRAWN) and not metric.endswith("of_truth") and name != ALL:
                label = f"{name}, {result.name}" if many else name
                rows.setdefault(metric, {})[label] = list(values.values())
    drawn = [
        Drawing(
            chart.strips(
                dict(sorted(named.items())), metric, (-0.02, 1.02) if metric.startswith(SHARES) else None
            ),
            f"{metric} of each class, a dot for each case; the line is the mean.",
        )
        for metric, named in sorted(rows.items())
    ]
    return Section("Classes", (Drawings(tuple(drawn)),) if drawn else ())
