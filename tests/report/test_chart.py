"""Drawings as SVG."""

import math
from xml.etree import ElementTree as Tree

import numpy as np
import pytest

from segmem.report import chart

pytest.importorskip("matplotlib")
SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    return ["".join(node.itertext()) for node in Tree.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314 - our own


def test_strips_name_each_row_and_leave_out_what_is_infinite() -> None:
    svg = chart.strips({"shaft": [0.5, 0.9, math.inf], "tip": []}, "Dice", (0, 1))
    assert {"shaft", "tip", "Dice"} <= set(texts(svg))
    alone = chart.strips({"shaft": [0.5, 0.9], "tip": []}, "Dice", (0, 1))
    assert svg == alone


def test_a_timeline_has_room_for_the_names_of_thirteen_organs() -> None:
    x = np.arange(4)
    svg = chart.timeline({f"organ {k}": (x, x / 4) for k in range(13)}, "Dice", (0, 1))
    assert "organ 12" in svg  # without room, drawing warns, and warnings are errors


def test_a_timeline_draws_lines_spans_and_a_legend() -> None:
    x = np.arange(100)
    svg = chart.timeline({"shaft": (x, x / 100)}, "Dice", (0, 1), [(10, 20)], {"truth": (x, 1 - x / 100)})
    assert {"frame", "Dice", "shaft", "truth"} <= set(texts(svg))
    assert svg.count("stroke-dasharray") == 2
    assert "#f2cc8f" in svg
    assert "#f2cc8f" not in chart.timeline({"shaft": (x, x / 100)}, "Dice")


def test_a_heat_map_writes_each_number_and_leaves_nan_white() -> None:
    svg = chart.heat_map([[0.5, math.nan], [0.25, 1.0]], ["one", "two"], ["a", "b"], "on task", "after task")
    assert {"0.50", "0.25", "1.00", "one", "b", "on task", "after task"} <= set(texts(svg))
    assert "nan" not in svg
    assert chart.heat_map([[math.nan]], ["one"], ["a"], "x", "y").startswith("<svg")


def test_reliability_and_curves() -> None:
    assert {"how sure", "how often right"} <= set(
        texts(chart.reliability([0.2, np.nan, 0.9], [0.1, np.nan, 1], [5, 0, 9]))
    )
    assert {"model", "chance"} <= set(
        texts(chart.curves({"model": ([0, 1], [0, 1]), "chance": ([0, 1], [1, 1])}, "x", "y"))
    )


def test_names_cannot_carry_markup_or_mathematics() -> None:
    svg = chart.strips({"<script>alert(1)</script>": [1], "$x^2$": [2]}, "a < b & c")
    assert "<script" not in svg
    assert "$x^2$" in texts(svg)
    assert "a < b & c" in texts(svg)


def test_the_same_drawing_is_the_same_text() -> None:
    made = {chart.strips({"a": [1, 2, 3]}, "Dice") for _ in range(2)}
    assert len(made) == 1
    assert "<metadata>" not in made.pop()
