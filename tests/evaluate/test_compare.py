"""Two runs over the same cases."""

import pytest

from measured import result, scored
from segmem.core.errors import InputError
from segmem.evaluate.compare import Difference, compare
from segmem.evaluate.scores import CaseScores
from segmem.evaluate.summary import ALL
from segmem.evaluate.table import Row


def runs(patients: int, gain: float = 0.1) -> tuple[list[CaseScores], list[CaseScores]]:
    first = [scored(f"c{p}", {"shaft": 0.5, "tip": p / 100}) for p in range(patients)]
    second = [scored(f"c{p}", {"shaft": 0.5 + gain + p / 1000, "tip": p / 100}) for p in range(patients)]
    return first, second


def difference(first: list[CaseScores], second: list[CaseScores], name: str) -> Difference:
    found = compare(result("base", first), result("tmam", second)).differences
    (one,) = [d for d in found if (d.metric, d.class_) == ("dice", name)]
    return one


def test_the_second_minus_the_first_with_holm_over_classes() -> None:
    first, second = runs(8)
    shaft, tip = difference(first, second, "shaft"), difference(first, second, "tip")
    assert shaft.difference == pytest.approx(0.1035)
    assert (shaft.better, shaft.worse, shaft.groups) == (8, 0, 8)
    assert shaft.p == pytest.approx(2 / 256)
    assert shaft.p_holm == pytest.approx(4 / 256)
    assert (tip.difference, tip.p, tip.p_holm) == (0, 1, 1)
    both = difference(first, second, ALL)
    assert both.p == both.p_holm == pytest.approx(2 / 256)
    assert shaft.values == {}


def test_below_six_patients_every_value_is_shown_and_no_p() -> None:
    shaft = difference(*runs(2), "shaft")
    assert (shaft.p, shaft.p_holm) == (None, None)
    assert shaft.values == {"c0": (0.5, pytest.approx(0.6)), "c1": (0.5, pytest.approx(0.601))}


def test_a_class_absent_from_some_cases_is_compared_on_the_others() -> None:
    first, second = runs(3)
    second[1] = scored("c1", {"shaft": 0.7})
    assert difference(first, second, "tip").groups == 2


def test_what_stands_beside_a_metric_is_not_compared() -> None:
    cases = [
        CaseScores(
            "a",
            "a",
            "video",
            1,
            tuple(Row("a", None, "tip", f"TC (DIS){end}", 1) for end in ("", " gap", " of truth")),
        )
    ]
    found = compare(result("one", cases), result("two", cases)).differences
    assert {one.metric for one in found} == {"TC (DIS)"}


def test_other_cases_or_classes_are_not_compared() -> None:
    first, second = runs(3)
    with pytest.raises(InputError, match="1 only in base: c2"):
        compare(result("base", first), result("tmam", second[:2]))
    other = result("tmam", second)
    from dataclasses import replace

    with pytest.raises(InputError, match="their classes are background, shaft, tip and background, polyp"):
        compare(result("base", first), replace(other, classes=("background", "polyp")))
