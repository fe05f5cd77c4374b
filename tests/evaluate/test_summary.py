"""Means over cases."""

import math

import pytest

from measured import scored
from segmem.evaluate.scores import CaseScores
from segmem.evaluate.summary import ALL, Entry, by_metric, in_summary, summary, told
from segmem.evaluate.table import Row


def entry(cases: list[CaseScores], metric: str, name: str) -> Entry:
    (found,) = [one for one in summary(cases) if (one.metric, one.class_) == (metric, name)]
    return found


def test_every_class_of_a_case_weighs_the_same_and_absent_ones_nothing() -> None:
    cases = [scored("a", {"shaft": 0.2, "tip": 0.6}), scored("b", {"shaft": 0.8})]
    assert entry(cases, "dice", ALL).values == {"a": pytest.approx(0.4), "b": 0.8}
    tip = entry(cases, "dice", "tip")
    assert (tip.mean, tip.cases, tip.absent, tip.groups) == (0.6, 1, 1, 1)
    assert (tip.low, tip.high) == (None, None)


def test_the_interval_is_over_groups() -> None:
    cases = [scored(f"{p}{c}", {"tip": p / 10}, f"p{p}") for p in range(8) for c in range(3)]
    tip = entry(cases, "dice", "tip")
    assert (tip.cases, tip.groups, tip.within_group, tip.few) == (24, 8, False, False)
    assert tip.low is not None
    assert tip.high is not None
    assert tip.low < 0.25
    assert tip.high > 0.45
    one = entry([scored(f"c{c}", {"tip": c / 10}, "p") for c in range(9)], "dice", "tip")
    assert one.within_group
    assert one.few


def test_an_infinite_distance_is_missed_and_no_number() -> None:
    cases = [
        CaseScores(name, name, "image", 1, (Row(name, None, "tip", "hd95_px", value),))
        for name, value in (("a", 3.0), ("b", math.inf))
    ]
    found = entry(cases, "hd95_px", "tip")
    assert (found.mean, found.missed, found.values) == (3.0, 1, {"a": 3.0, "b": None})
    assert "Infinity" not in found.model_dump_json()
    assert found.model_dump(by_alias=True)["class"] == "tip"


def test_frames_and_sizes_are_in_the_table_only() -> None:
    case = CaseScores(
        "a", "a", "video", 1, (Row("a", 0, "tip", "dice", 1), Row("a", None, "tip", "area_px", 9))
    )
    assert by_metric([case]) == {}


def test_what_people_look_for_comes_first() -> None:
    names = ("presence_f1", "flicker", "f", "hd95_px", "released_x", "dice", "TC (DIS)")
    case = CaseScores("a", "a", "video", 1, tuple(Row("a", None, "tip", name, 0.5) for name in names))
    order = [one.metric for one in summary([case]) if one.class_ == "tip"]
    assert order == ["dice", "f", "hd95_px", "TC (DIS)", "flicker", "presence_f1", "released_x"]
    assert [name for name in names if not in_summary(name)] == ["released_x"]


def test_told_to_people() -> None:
    text = told(summary([scored(f"c{c}", {"tip": c / 10}, "p") for c in range(3)]))
    assert "dice" in text
    assert "0.1000" in text
    assert "within the only patient or video" in text
    assert "within" not in told(summary([scored(p, {"tip": 0.5}) for p in "abc"]))
