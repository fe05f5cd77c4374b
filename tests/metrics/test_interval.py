"""Means with intervals over groups."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import bootstrap

from segmem.core.errors import InputError, SettingsError
from segmem.metrics.interval import interval


def alone(values: dict[str, float]) -> dict[str, str]:
    """Every case a patient of its own."""
    return {case: case for case in values}


def test_by_hand() -> None:
    """Two patients, one with two cases: their draws give .2, .9 and, half of the time, (.2 + .2 + .9) / 3."""
    found = interval({"a1": 0.1, "a2": 0.3, "b": 0.9}, {"a1": "a", "a2": "a", "b": "b"})
    assert found.mean == pytest.approx(1.3 / 3)
    assert found.median == 0.3
    assert (found.low, found.high) == pytest.approx((0.2, 0.9))
    assert (found.cases, found.groups, found.within, found.few) == (3, 2, False, True)


def test_what_is_absent_or_missed_is_left_out_and_counted() -> None:
    values = {"a": 1.0, "b": math.nan, "c": math.inf, "d": 3.0, "e": math.nan}
    found = interval(values, alone(values))
    assert (found.mean, found.cases, found.absent, found.missed) == (2.0, 2, 2, 1)


def test_cases_of_one_group_alone_are_labelled_within_it() -> None:
    values = {f"clip{i}": i / 10 for i in range(8)}
    found = interval(values, dict.fromkeys(values, "video"))
    assert found.within
    assert found.low < found.mean < found.high
    assert found.groups == 1


def test_one_case_or_none_has_no_interval() -> None:
    one = interval({"a": 0.5}, {"a": "a"})
    assert one.mean == 0.5
    assert math.isnan(one.low)
    none = interval({"a": math.nan}, {"a": "a"})
    assert math.isnan(none.mean)
    assert math.isnan(none.high)
    assert (none.cases, none.absent, none.groups) == (0, 1, 0)
    assert interval({}, {}).cases == 0


def test_the_order_of_cases_makes_no_difference() -> None:
    values = {f"c{i}": float(v) for i, v in enumerate(np.random.default_rng(1).random(20))}
    groups = {case: f"g{i % 7}" for i, case in enumerate(values)}
    assert interval(values, groups) == interval(
        dict(reversed(values.items())), dict(reversed(groups.items()))
    )


@given(st.integers(0, 1000))
def test_as_scipy_says_where_every_case_is_its_own_group(seed: int) -> None:
    sample = np.random.default_rng(seed).normal(0.8, 0.1, 25)
    values = {f"{i:02d}": float(v) for i, v in enumerate(sample)}
    ours = interval(values, alone(values), draws=4000)
    theirs = bootstrap(
        (sample,), np.mean, n_resamples=4000, method="percentile", rng=seed
    ).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.012)


def test_it_holds_the_truth_about_as_often_as_it_says_where_cases_of_a_patient_are_alike() -> None:
    """400 studies of 15 patients with 6 alike cases each. Taking cases for independent ones holds it far too rarely."""
    rng = np.random.default_rng(0)
    held, naive = 0, 0
    for study in range(400):
        patients = rng.normal(0, 1, 15)
        values = {f"{p}-{c}": float(patients[p] + rng.normal(0, 0.3)) for p in range(15) for c in range(6)}
        right = interval(values, {case: case.split("-")[0] for case in values}, draws=400, seed=study)
        wrong = interval(values, alone(values), draws=400, seed=study)
        held += right.low <= 0 <= right.high
        naive += wrong.low <= 0 <= wrong.high
    assert 0.88 < held / 400 < 0.98
    assert naive / 400 < 0.7


def test_refused() -> None:
    with pytest.raises(InputError, match="'b' has no group"):
        interval({"a": 1.0, "b": 1.0}, {"a": "a"})
    with pytest.raises(SettingsError, match=r"level 1\.5"):
        interval({"a": 1.0}, {"a": "a"}, level=1.5)
    with pytest.raises(SettingsError, match="0 draws"):
        interval({"a": 1.0}, {"a": "a"}, draws=0)
