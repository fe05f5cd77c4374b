"""What a person asks for."""

from pathlib import Path

import pytest

from segmem.core.errors import UsageError
from segmem.evaluate.request import Request, label_pairs, tolerances


def request(**more: object) -> Request:
    return Request(predictions=(Path("p"),), data=Path("d"), out=Path("o"), **more)


def test_label_maps_as_they_are_typed() -> None:
    assert label_pairs(["255=1", "3=0"]) == {255: 1, 3: 0}
    for wrong in ("255", "a=1", "1=b", "1=-1", "=1"):
        with pytest.raises(UsageError, match="is not VALUE=CLASS"):
            label_pairs([wrong])


def test_tolerances_as_they_are_typed() -> None:
    assert tolerances(["liver=3", "a=b=0.5"]) == {"liver": 3.0, "a=b": 0.5}
    for wrong in ("liver", "liver=", "=3", "liver=-1", "liver=nan", "liver=inf", "liver=x"):
        with pytest.raises(UsageError, match="is not CLASS=LENGTH"):
            tolerances([wrong])


def test_the_plan_for_known_classes() -> None:
    plan = request(tolerance={"liver": 3.0}, flow=None, label_map={255: 1}).plan(
        ("background", "liver", "tumour")
    )
    assert plan.tolerances == (3.0, 2.0)
    assert (plan.flow, plan.label_map) == (None, {255: 1})
    assert request(surfaces=False).plan(("background", "liver")).tolerances is None


def test_a_tolerance_of_no_class() -> None:
    with pytest.raises(UsageError, match=r"--tolerance 'lever' is no class\. Classes: liver"):
        request(tolerance={"lever": 3.0}).plan(("background", "liver"))
