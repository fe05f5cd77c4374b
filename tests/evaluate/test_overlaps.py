"""Lines from two label maps, by hand."""

import math

import numpy as np
import pytest

from segmem.evaluate.overlaps import class_means, frame_rows, presence_rows, slice_rows, volume_rows
from segmem.evaluate.table import Row

CLASSES = ("background", "a", "b")


def told(rows: list[Row], metric: str, name: str = "a", frame: int | None = None) -> float:
    (value,) = [r.value for r in rows if (r.metric, r.class_, r.frame) == (metric, name, frame)]
    return value


def two_rows(start: int) -> np.ndarray:
    """(6, 8) with rows start and start + 1 of class 1."""
    labels = np.zeros((6, 8), np.uint8)
    labels[start : start + 2] = 1
    return labels


def test_a_frame() -> None:
    """Two rows, moved by one: half of each is shared."""
    rows = frame_rows("c", 0, two_rows(2), two_rows(3), CLASSES, (1.0, 2.0))
    assert told(rows, "dice", frame=0) == 0.5
    assert told(rows, "iou", frame=0) == pytest.approx(8 / 24)
    assert told(rows, "area_px", frame=0) == told(rows, "area_px_of_truth", frame=0) == 16
    assert told(rows, "hd95_px", frame=0) == 1
    assert told(rows, "assd_px", frame=0) == 0.5
    assert told(rows, "nsd_1px", frame=0) == 1
    assert {row.metric for row in rows if row.class_ == "b"} == {"area_px", "area_px_of_truth"}


def test_no_surfaces_where_none_were_asked_for() -> None:
    rows = frame_rows("c", 0, two_rows(2), two_rows(3), CLASSES, None)
    assert not any(row.metric.startswith(("hd95", "assd", "nsd")) for row in rows)


def test_a_scan_is_measured_in_its_millimetres() -> None:
    maps = [(two_rows(2), two_rows(2)), (two_rows(2), two_rows(3)), (0 * two_rows(2), 0 * two_rows(2))]
    rows = volume_rows("c", maps, CLASSES, (5.0, 2.0, 1.0), (1.0, 2.0))
    assert told(rows, "dice") == 2 * 24 / 64
    assert told(rows, "volume_ml") == told(rows, "volume_ml_of_truth") == 32 * 10 / 1000
    assert told(rows, "volume_error_percent") == 0
    assert told(rows, "hd95_mm") == 2
    assert 0 < told(rows, "nsd_1mm") < 1
    assert told(rows, "slice_consistency_of_truth") == 1 / 2
    by_slice = slice_rows("c", maps, CLASSES)
    assert [told(by_slice, "dice", frame=t) for t in (0, 1)] == [1, 0.5]
    assert [r.frame for r in by_slice if r.metric == "dice"] == [0, 1]


def test_presence_counts_frames() -> None:
    """Class a: there in 3 of 4 frames, noticed in 2 of them, invented in the other. Class b: never."""
    rows = [
        Row("c", t, name, metric, value)
        for metric, areas in (("area_px", (5, 5, 0, 9)), ("area_px_of_truth", (5, 3, 2, 0)))
        for t, area in enumerate(areas)
        for name, value in (("a", float(area)), ("b", 0.0))
    ]
    found = presence_rows("c", rows, CLASSES)
    assert told(found, "presence_sensitivity") == pytest.approx(2 / 3)
    assert told(found, "presence_specificity") == 0
    assert told(found, "presence_f1") == pytest.approx(2 * 2 / (2 * 2 + 2))
    assert [(r.metric, r.value) for r in found if r.class_ == "b"] == [("presence_specificity", 1.0)]


def test_means_count_what_was_missed_instead_of_averaging_infinity() -> None:
    rows = [Row("c", t, "a", "hd95_px", value) for t, value in enumerate((1.0, math.inf, 2.0))]
    rows.append(Row("c", 0, "b", "hd95_px", math.inf))
    means = class_means(rows)
    assert told(means, "hd95_px") == 1.5
    assert told(means, "missed_frames") == 1
    assert told(means, "hd95_px", "b") == math.inf
    assert told(means, "missed_frames", "b") == 1
