"""Two models on the same cases."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmem.core.errors import InputError
from segmem.metrics.comparison import holm, paired, require_same_cases


def cases(values: list[float]) -> dict[str, float]:
    return {f"c{i:02d}": value for i, value in enumerate(values)}


def own(values: dict[str, float]) -> dict[str, str]:
    return {case: case for case in values}


def exact(apart: list[float]) -> float:
    """Two-sided signed-rank p, by trying every sign; no ties, no zeros."""
    ranks = np.argsort(np.argsort(np.abs(apart))) + 1
    seen = min((ranks * (np.array(apart) > 0)).sum(), (ranks * (np.array(apart) < 0)).sum())
    below = sum(
        sum(r for r, on in zip(ranks, signs, strict=True) if on) <= seen
        for signs in product((0, 1), repeat=len(apart))
    )
    return min(1.0, 2 * below / 2 ** len(apart))


def test_six_patients_all_better_is_the_first_p_that_can_be_small() -> None:
    """2 / 2^6."""
    first = cases([0.5] * 6)
    found = paired(first, cases([0.51, 0.52, 0.53, 0.54, 0.55, 0.56]), own(first))
    assert found.p == pytest.approx(2 / 64)
    assert found.difference == pytest.approx(0.035)
    assert (found.groups, found.better, found.worse) == (6, 6, 0)
    assert 0.01 <= found.low < found.difference < found.high <= 0.06


def test_no_p_below_six_groups_however_many_cases() -> None:
    first = cases([0.1] * 40)
    groups = {case: f"g{i % 5}" for i, case in enumerate(first)}
    found = paired(first, cases([0.9] * 40), groups)
    assert found.p is None
    assert found.groups == 5
    assert found.values["g0"] == pytest.approx((0.1, 0.9))


def test_groups_count_once_however_many_cases_they_have() -> None:
    """One patient has three cases that lost, six have one that won by as much: each patient is one."""
    first = cases([0.5] * 9)
    second = cases([0.4] * 3 + [0.6] * 6)
    groups = {case: "many" if i < 3 else case for i, case in enumerate(first)}
    found = paired(first, second, groups)
    assert found.difference == pytest.approx(0.5 / 7)
    assert (found.better, found.worse) == (6, 1)


@given(st.lists(st.integers(-1000, 1000).filter(bool), min_size=6, max_size=9, unique_by=abs))
def test_as_every_sign_tried_says(apart: list[int]) -> None:
    first = cases([0.0] * len(apart))
    assert paired(first, cases([float(x) for x in apart]), own(first), draws=10).p == pytest.approx(
        exact(apart)
    )


def test_equal_models() -> None:
    first = cases([0.5] * 7)
    found = paired(first, dict(first), own(first))
    assert (found.p, found.difference, found.better, found.worse) == (1.0, 0.0, 0, 0)


def test_a_case_absent_in_either_is_left_out_of_both() -> None:
    first, second = cases([0.5, math.nan, 0.5, 0.5]), cases([0.7, 0.9, math.inf, 0.9])
    found = paired(first, second, own(first))
    assert (found.groups, found.difference) == (2, pytest.approx(0.3))
    nothing = paired(cases([math.nan]), cases([1.0]), own(cases([1.0])))
    assert (nothing.groups, nothing.p) == (0, None)
    assert math.isnan(nothing.difference)


def test_other_cases_are_named_and_not_compared() -> None:
    with pytest.raises(
        InputError, match=r"tmam and base are not .*1 only in tmam: z; 6 only in base: a, b, c, d, e, \.\.\."
    ):
        require_same_cases({"x": 1, "z": 1}, dict.fromkeys("xabcdef", 1), ("tmam", "base"))
    with pytest.raises(InputError, match="1 only in B: c01"):
        paired(cases([1.0]), cases([1.0, 2.0]), {})
    require_same_cases({"a": 1}, {"a": 2})


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([None, 0.02, None]) == (None, 0.02, None)
    assert holm([0.6, 0.7]) == (1.0, 1.0)
    assert holm([]) == ()


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_never_lowers_a_p_and_keeps_their_order(each: list[float]) -> None:
    found = [p for p in holm(each) if p is not None]
    assert all(p <= q <= 1 for p, q in zip(each, found, strict=True))
    order = np.argsort(each, kind="stable")
    assert all(np.diff(np.array(found)[order]) >= 0)
