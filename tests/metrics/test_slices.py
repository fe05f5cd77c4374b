from math import isnan

import numpy as np
import pytest

from segmem.core.errors import FormatError, GeometryError
from segmem.metrics.slices import slice_consistency


def bar(*columns: slice) -> np.ndarray:
    """Slices of 4 x 20, class 1 in the named columns of each."""
    labels = np.zeros((len(columns), 4, 20), np.uint8)
    for place, column in enumerate(columns):
        labels[place, :, column] = 1
    return labels


def test_a_bar_that_slides_by_hand():
    # 8 of 12 columns shared, then 10 of 10
    found = slice_consistency(bar(slice(0, 10), slice(2, 12), slice(2, 12)), 2)
    assert found.mean == pytest.approx((8 / 12 + 1) / 2)
    assert found.pairs == 2


def test_a_slice_dropped_in_the_middle_costs_two_pairs():
    found = slice_consistency(bar(slice(0, 10), slice(0, 0), slice(0, 10), slice(0, 10)), 2)
    assert found.mean == pytest.approx(1 / 3)


def test_where_the_organ_is_in_neither_slice_nothing_is_counted():
    found = slice_consistency(bar(slice(0, 0), slice(0, 0), slice(0, 10), slice(0, 10)), 3)
    assert found.classes[0].mean == 0.5
    assert found.classes[0].absent == 1
    assert isnan(found.classes[1].mean)
    assert found.mean == 0.5


def test_one_slice_has_no_neighbour():
    found = slice_consistency(bar(slice(0, 3)), 2)
    assert isnan(found.mean)
    assert (found.pairs, found.classes) == (0, ())


def test_what_is_no_volume_of_these_classes_is_refused():
    with pytest.raises(GeometryError, match="one volume"):
        slice_consistency(np.zeros((4, 4), np.uint8), 2)
    with pytest.raises(FormatError, match="2 classes"):
        slice_consistency(np.full((2, 4, 4), 2, np.uint8), 2)
