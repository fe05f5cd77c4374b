"""Distances to the nearest of some places."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt

from segmem.core.errors import GeometryError, SettingsError
from segmem.metrics.nearest import cropped, nearest


def one(*places: tuple[int, ...], shape: tuple[int, ...] = (5, 6)) -> np.ndarray:
    mask = np.zeros(shape, bool)
    for place in places:
        mask[place] = True
    return mask


def test_worked_by_hand() -> None:
    found = nearest(one((0, 0), (4, 5)), one((3, 4)), (1.0, 2.0))
    assert found.tolist() == [np.sqrt(9 + 64), np.sqrt(1 + 4)]


def test_nobody_near_is_infinitely_far() -> None:
    assert nearest(one((0, 0)), one(), (1, 1)).tolist() == [np.inf]
    assert nearest(one(), one((0, 0)), (1, 1)).size == 0


def test_the_limit_itself_counts() -> None:
    """0.1 x 3 is a little more than 0.3 as the tree sees it from 0.2 and 0.5."""
    line, far = one((0, 2), shape=(1, 6)), one((0, 5), shape=(1, 6))
    assert nearest(line, far, (0.1, 0.1), 3 * 0.1).tolist() == [3 * 0.1]
    assert nearest(line, far, (0.1, 0.1), 0.29).tolist() == [np.inf]


@given(st.integers(0, 10_000), st.sampled_from([(9, 7), (5, 6, 4)]))
def test_as_a_distance_transform_says(seed: int, shape: tuple[int, ...]) -> None:
    draw = np.random.default_rng(seed)
    here, there = draw.random(shape) < 0.2, draw.random(shape) < 0.1
    there.flat[0] = True
    spacing = draw.uniform(0.2, 5, len(shape))
    expected = distance_transform_edt(~there, sampling=spacing)[here]
    np.testing.assert_allclose(nearest(here, there, spacing), expected, rtol=0, atol=1e-9)


def test_cropping_keeps_one_empty_place_around_both() -> None:
    found, truth = cropped(one((1, 2)), one((2, 4)), (1, 1))
    assert found.shape == truth.shape == (4, 5)
    assert np.argwhere(found).tolist() == [[1, 1]]
    assert np.argwhere(truth).tolist() == [[2, 3]]
    assert cropped(one(), one(), (1, 1))[0].sum() == 0


def test_refused() -> None:
    with pytest.raises(GeometryError, match=r"\(5, 6\), a truth of \(5, 7\)"):
        cropped(one(), one(shape=(5, 7)), (1, 1))
    with pytest.raises(GeometryError, match="spacing of 3 axes"):
        cropped(one(), one(), (1, 1, 1))
    with pytest.raises(SettingsError, match="above 0"):
        cropped(one(), one(), (1, 0))
