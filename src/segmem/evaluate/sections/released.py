"""The papers' own scores beside the right ones."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from segmem.evaluate.as_released import BESIDE
from segmem.evaluate.result import Result
from segmem.evaluate.summary import ALL, by_metric
from segmem.report.page import NOTHING, Cell, Section, Table, Text


def released(results: Sequence[Result]) -> Section:
    rows = []
    for result in results:
        known = by_metric(result.scored)
        for (metric, name), values in known.items():
            if metric not in BESIDE:
                continue
            right, what = BESIDE[metric]
            beside = _mean_like(known, right, name or ALL)
            rows.append(
                (
                    Cell(what),
                    Cell(name or NOTHING),
                    Cell(result.name),
                    Cell.of(fmean(values.values())),
                    Cell(right),
                    Cell.of(beside),
                )
            )
    if not rows:
        return Section("As released", ())
    about = Text(
        "What the released code of three papers computes, so that their tables can be read. Not to be reported: each"
        " counts something that is not there, or pools what should be apart. The right number stands beside it."
    )
    columns = ("score as released", "class", "run", "it says", "right metric", "which says")
    return Section("As released", (about, Table(columns, tuple(rows))))


def _mean_like(known: Mapping[tuple[str, str], Mapping[str, float]], right: str, name: str) -> float | None:
    """Mean over cases of the metric of that name, or of temporal consistency whatever its flow is called."""
    for (metric, of), values in known.items():
        same = metric == right or (right == "TC" and metric.startswith("TC (") and metric.endswith(")"))
        if same and of == name:
            return fmean(values.values())
    return None
