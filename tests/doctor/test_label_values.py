import numpy as np
import pytest

from segmem.doctor.label_values import examine, looks_labelled, outside, shown
from sick import codes, of


def test_whole_classes_give_no_finding():
    assert examine(np.array([0, 1, 2, 2], np.uint8), "a") == []


@pytest.mark.parametrize(
    ("values", "code", "told"),
    [
        ([0, 0.4, 1], "label-fractions", "0.4"),
        ([0, 0.999, 1], "label-fractions", "0.999 are not whole; all are next to 1"),
        ([0, np.nan], "label-fractions", "nan"),
        ([-1, 0, 1], "label-negative", "-1 (1 pixels)"),
        ([0, 300], "label-above-255", "300 (1 pixels)"),
        ([0, 255, 255], "label-255", "--label-map 255=1"),
        ([0, 0], "label-empty", "0"),
    ],
)
def test_values_that_are_no_class_are_named(values, code, told):
    kind = float if not all(float(v).is_integer() for v in values) else np.int16
    assert told in of(examine(np.array(values, kind), "a"), code).what


def test_whole_floats_are_noted_and_can_be_mended():
    found = of(examine(np.array([0.0, 1.0, 2.0]), "a"), "label-floats")
    assert (found.severity, found.fix) == ("note", True)


def test_a_value_outside_the_list_is_named_with_its_count():
    found = of(outside({0: 100, 1: 7, 5: 3}, ("background", "liver"), "case 4"), "label-outside")
    assert found.where == "case 4"
    assert "5 (3 pixels)" in found.what
    assert "--label-map 5=" in found.what
    assert codes(outside({0: 1, 1: 1}, ("background", "liver"), "a")) == set()


def test_an_array_of_few_whole_values_looks_like_labels():
    assert looks_labelled(np.array([0, 1, 2], np.uint8))
    assert not looks_labelled(np.arange(100))
    assert not looks_labelled(np.array([0.0, 1.0]))
    assert not looks_labelled(np.array([], np.uint8))


def test_many_values_are_cut_short():
    assert shown(np.arange(9)) == "0, 1, 2, 3, 4, 5, ..."
