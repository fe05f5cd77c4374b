"""Runs against the first."""

from collections.abc import Sequence

from segmem.evaluate.compare import Comparison
from segmem.report.page import NOTHING, Cell, Section, Table, Text


def comparison(comparisons: Sequence[Comparison], faults: Sequence[str]) -> Section:
    blocks: list[Text | Table] = [Text(fault, warning=True) for fault in faults]
    columns = (
        "metric",
        "class",
        "difference",
        "95 % interval",
        "p",
        "p (Holm)",
        "better",
        "worse",
        "groups",
        "values",
    )
    for one in comparisons:
        blocks.append(
            Text(
                f"{one.second} minus {one.first}: mean over patients, videos or operations of the difference of their"
                " means; Wilcoxon's signed-rank test, Holm's correction over the classes of a metric. No p below six."
            )
        )
        rows = tuple(
            (
                Cell(d.metric),
                Cell(d.class_ or NOTHING),
                Cell.of(d.difference, "+.3f"),
                Cell(NOTHING if d.low is None or d.high is None else f"{d.low:+.3f} to {d.high:+.3f}", d.low),
                Cell.of(d.p, ".4f"),
                Cell.of(d.p_holm, ".4f"),
                Cell.of(d.better, "d"),
                Cell.of(d.worse, "d"),
                Cell.of(d.groups, "d"),
                Cell("; ".join(f"{name} {a:.3f} / {b:.3f}" for name, (a, b) in d.values.items()) or NOTHING),
            )
            for d in one.differences
        )
        blocks.append(Table(columns, rows))
    return Section("Comparison", tuple(blocks))
