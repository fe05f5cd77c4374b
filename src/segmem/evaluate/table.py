"""The long table of an evaluation: one number a line."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import StringIO
from math import isnan
from pathlib import Path

from segmem.io.outputs import write_text_atomic

NAME = "metrics.csv"
COLUMNS = ("case", "frame", "class", "metric", "value")


@dataclass(frozen=True, slots=True)
class Row:
    """One number.

    Attributes:
        case: its name.
        frame: number of the frame or slice; None of what is measured on the whole case.
        class_: name of the class; empty where it is about all of them.
        metric: its name, with the unit where it has one.
        value: never NaN: what could not be measured has no line.
    """

    case: str
    frame: int | None
    class_: str
    metric: str
    value: float


def class_rows(
    case: str, frame: int | None, metric: str, values: Iterable[float], classes: Sequence[str]
) -> list[Row]:
    """A line for each class but the background, of those values (K-1) that are not NaN."""
    pairs = zip(classes[1:], values, strict=False)
    return [Row(case, frame, name, metric, float(value)) for name, value in pairs if not isnan(value)]


def write_table(rows: Iterable[Row], path: Path) -> None:
    """As CSV with a point in decimals, in one move."""
    text = StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(COLUMNS)
    for row in rows:
        frame = "" if row.frame is None else row.frame
        out.writerow((row.case, frame, row.class_, row.metric, f"{row.value:.6g}"))
    write_text_atomic(path, text.getvalue())


def read_table(path: Path) -> list[Row]:
    """What `write_table` wrote."""
    with path.open(newline="", encoding="utf-8") as file:
        return [
            Row(
                line["case"],
                int(line["frame"]) if line["frame"] else None,
                line["class"],
                line["metric"],
                float(line["value"]),
            )
            for line in csv.DictReader(file)
        ]
