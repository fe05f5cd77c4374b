"""Every case in a table that sorts."""

from segmem.evaluate.result import Result
from segmem.evaluate.summary import ALL, by_metric
from segmem.report.page import Cell, Section, Table, Text

METRICS = ("dice", "nsd_", "hd95_", "volume_error_ml", "flicker", "TC")


def cases(result: Result, mark: str) -> Section:
    """Every case, with the number that people sort by."""
    known = by_metric(result.scored)
    metrics = [
        key for key in known if key[0].startswith(METRICS) and not key[0].endswith(("of truth", "of_truth"))
    ]
    metrics.sort(key=lambda key: (key[0] != "dice", key[1] != ALL))
    columns = ("case", "group", "frames", *(f"{metric} {name}".strip() for metric, name in metrics))
    rows = tuple(
        (
            Cell(one.case),
            Cell(one.group),
            Cell.of(one.frames, "d"),
            *(Cell.of(known[key].get(one.case)) for key in metrics),
        )
        for one in result.scored
    )
    about = Text("Press a column's head to sort by it. What a case does not hold has no number.")
    return Section(f"Cases{mark}", (about, Table(columns, rows)))
