"""Volumes and their errors, by hand."""

import math

import numpy as np
import pytest

from segmem.metrics.overlap import confusion
from segmem.metrics.volume import volume_errors


def test_by_hand() -> None:
    """Voxels of 2 x 5 x 10 mm are 0.1 ml. Class 1: 4 found, 5 there. Class 2: absent. Class 3: claimed alone."""
    truth = np.array([0, 1, 1, 1, 1, 1, 0, 0, 4])
    found = np.array([0, 1, 1, 1, 1, 0, 3, 3, 0])
    errors = volume_errors(confusion(found, truth, 5), (2, 5, 10))
    assert (errors[1].found_ml, errors[1].truth_ml) == pytest.approx((0.4, 0.5))
    assert errors[1].ml == pytest.approx(-0.1)
    assert errors[1].percent == pytest.approx(-20)
    assert math.isnan(errors[2].ml)
    assert math.isnan(errors[2].percent)
    assert errors[3].ml == pytest.approx(0.2)
    assert errors[3].percent == math.inf
    assert errors[4].percent == -100
