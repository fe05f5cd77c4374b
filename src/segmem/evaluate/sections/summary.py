"""Means over cases with their intervals."""

from collections.abc import Iterable, Sequence

from segmem.evaluate.result import Result
from segmem.evaluate.summary import ALL, Entry, in_summary
from segmem.report.page import NOTHING, Cell, Section, Table, Text


def summary(results: Sequence[Result]) -> Section:
    many = len(results) > 1
    columns = (
        "metric",
        "class",
        *(["run"] if many else []),
        "mean",
        "95 % interval",
        "median",
        "n",
        "groups",
        "left out",
    )
    rows, few, within = [], False, False
    for entry, name in _interleaved(results):
        ends = NOTHING if entry.low is None or entry.high is None else f"{entry.low:.3f} to {entry.high:.3f}"
        if entry.within_group and ends != NOTHING:
            ends, within = f"{ends} (within)", True
        few = few or entry.few
        rows.append(
            (
                Cell(entry.metric),
                Cell(entry.class_ or NOTHING),
                *([Cell(name)] if many else []),
                Cell.of(entry.mean),
                Cell(ends, entry.low),
                Cell.of(entry.median),
                Cell.of(entry.cases, "d"),
                Cell.of(entry.groups, "d"),
                Cell(_left_out(entry), entry.absent + entry.missed),
            )
        )
    blocks: list[Text | Table] = [
        Text(
            "Means over cases. The interval draws whole patients, videos or operations again. A class that neither the"
            " truth nor the prediction holds is absent: it is left out and counted, never scored."
        )
    ]
    if few:
        blocks.append(
            Text(
                "There are fewer than six patients, videos or operations: no test can tell the difference of two models"
                " from chance here. Look at every value in the table of cases.",
                warning=True,
            )
        )
    if within:
        blocks.append(
            Text(
                "Intervals marked (within) are over the cases of one patient or video, and say nothing about others.",
                warning=True,
            )
        )
    return Section(
        "Summary",
        (
            *blocks,
            _glance(results),
            Table(columns, tuple(rows), folded="Every number, with how many it is of"),
        ),
    )


def _glance(results: Sequence[Result]) -> Table:
    """A row for each metric, and run; a column for each class."""
    many, names = len(results) > 1, (ALL, *results[0].classes[1:], "")
    rows: dict[tuple[str, str], dict[str, Entry]] = {}
    for entry, run in _interleaved(results):
        rows.setdefault((entry.metric, run), {})[entry.class_] = entry
    used = [name for name in names if any(name in row for row in rows.values())]
    columns = ("metric", *(["run"] if many else []), *(name or "all at once" for name in used))
    return Table(
        columns,
        tuple(
            (Cell(metric), *([Cell(run)] if many else []), *(_mean_cell(row.get(name)) for name in used))
            for (metric, run), row in rows.items()
        ),
    )


def _mean_cell(entry: Entry | None) -> Cell:
    if entry is None or entry.mean is None:
        return Cell(NOTHING)
    ends = "" if entry.low is None or entry.high is None else f" ({entry.low:.3f} to {entry.high:.3f})"
    return Cell(f"{entry.mean:.3f}{ends}", entry.mean)


def _left_out(entry: Entry) -> str:
    said = [
        f"{count} {word}" for count, word in ((entry.absent, "absent"), (entry.missed, "missed")) if count
    ]
    return ", ".join(said) or NOTHING


def _interleaved(results: Sequence[Result]) -> Iterable[tuple[Entry, str]]:
    """The first run's entries, each with the others' of the same metric and class below it."""
    known = [{(one.metric, one.class_): one for one in result.entries} for result in results]
    keys = dict.fromkeys(key for each_known in known for key in each_known)
    for key in keys:
        if in_summary(key[0]):
            yield from (
                (of[key], result.name) for of, result in zip(known, results, strict=True) if key in of
            )
