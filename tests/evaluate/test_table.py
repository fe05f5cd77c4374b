"""The long table."""

import math
from pathlib import Path

from segmem.evaluate.table import COLUMNS, Row, class_rows, read_table, write_table


def test_a_line_for_each_class_that_was_measured() -> None:
    rows = class_rows("a", 3, "dice", [0.5, math.nan, 1.0], ("background", "x", "y", "z"))
    assert rows == [Row("a", 3, "x", "dice", 0.5), Row("a", 3, "z", "dice", 1.0)]


def test_comes_back_as_written(tmp_path: Path) -> None:
    rows = [Row("a, b", None, "", "TC (DIS fast, 25 fps)", 0.25), Row("c", 0, "x", "hd95_px", math.inf)]
    path = tmp_path / "metrics.csv"
    write_table(rows, path)
    assert path.read_text().splitlines() == [
        ",".join(COLUMNS),
        '"a, b",,,"TC (DIS fast, 25 fps)",0.25',
        "c,0,x,hd95_px,inf",
    ]
    assert read_table(path) == rows
