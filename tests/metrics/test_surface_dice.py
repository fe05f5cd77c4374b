"""NSD: worked by hand, and against surface-distance's own package and MONAI."""

import math
import warnings
from itertools import product

import numpy as np
import pytest
import torch

from mask_pairs import mask_pairs
from segmem.core.errors import GeometryError, MissingExtraError, SettingsError
from segmem.metrics import surface_dice as module
from segmem.metrics.surface_dice import surface_dice

TOLERANCES = (0.0, 0.5, 1.0, 2.0, 3.7)


def row(start: int, end: int) -> np.ndarray:
    mask = np.zeros((3, 9), bool)
    mask[1, start:end] = True
    return mask


def test_a_line_of_pixels_by_hand() -> None:
    """Four pixels in a row: three corners on either side with length 1, four ends with half a diagonal.

    Moved by one, each outline has one column of two corners that is 1 away from the other outline.
    """
    long = 6 + 4 * math.sqrt(2) / 2
    assert surface_dice(row(2, 6), row(2, 6), (1, 1), 0) == 1
    missed = 2 * math.sqrt(2) / 2
    assert surface_dice(row(3, 7), row(2, 6), (1, 1), 0.5) == pytest.approx((long - missed) / long)
    assert surface_dice(row(3, 7), row(2, 6), (1, 1), 1) == 1


def test_lengths_follow_the_spacing() -> None:
    """Pixels 2 high and 1 wide: the sides along a row are 1 a pixel, the ends half of a diagonal of root 5."""
    long, missed = 6 + 4 * math.sqrt(5) / 2, 2 * math.sqrt(5) / 2
    assert surface_dice(row(3, 7), row(2, 6), (2, 1), 0.5) == pytest.approx((long - missed) / long)


def test_a_tolerance_is_met_by_the_distance_itself() -> None:
    """Three steps of 0.1 are a little more than 0.3 in the machine, and still three steps."""
    assert surface_dice(row(1, 2), row(4, 5), (0.1, 0.1), 3 * 0.1) == 1


def test_an_absent_class() -> None:
    assert math.isnan(surface_dice(row(0, 0), row(0, 0), (1, 1), 2))
    assert surface_dice(row(0, 0), row(2, 6), (1, 1), 2) == 0
    assert surface_dice(row(2, 6), row(0, 0), (1, 1), 2) == 0


def test_agrees_with_surface_distance_on_a_thousand_masks() -> None:
    oracle = pytest.importorskip("surface_distance")
    compared = 0
    for found, truth, spacing in mask_pairs():
        if not (found.any() and truth.any()):
            continue  # the package then uses a name that NumPy 2 has dropped
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            distances = oracle.compute_surface_distances(truth, found, spacing)
        for tolerance in TOLERANCES:
            expected = oracle.compute_surface_dice_at_tolerance(distances, tolerance)
            assert surface_dice(found, truth, spacing, tolerance) == pytest.approx(expected, rel=0, abs=1e-6)
        compared += 1
    assert compared > 900


def test_agrees_with_monai_counting_between_voxels() -> None:
    """Its other definition, over pixels, is what `use_subvoxels=False` says; it is not this one."""
    metrics = pytest.importorskip("monai.metrics")
    differ = 0
    for found, truth, spacing in mask_pairs(200, seed=5):
        if not (found.any() and truth.any()):
            continue
        two = [torch.from_numpy(mask)[None, None].float() for mask in (found, truth)]
        said = {
            between: metrics.compute_surface_dice(
                *two,
                class_thresholds=[1.3],
                include_background=True,
                spacing=list(spacing),
                use_subvoxels=between,
            ).item()
            for between in (True, False)
        }
        assert surface_dice(found, truth, spacing, 1.3) == pytest.approx(said[True], abs=2e-6)
        differ += abs(said[True] - said[False]) > 0.01
    assert differ > 50


def test_sixteen_corners_mirrored_and_turned_have_one_length() -> None:
    for code in range(16):
        corner = np.array([[code >> 3 & 1, code >> 2 & 1], [code >> 1 & 1, code & 1]], bool)
        lengths = {
            round(float(module._lengths(high, wide)[_code(m)]), 12)
            for (high, wide), m in (
                ((2.0, 3.0), corner),
                ((2.0, 3.0), corner[::-1]),
                ((2.0, 3.0), ~corner),
                ((3.0, 2.0), corner.T),
            )
        }
        assert len(lengths) == 1


def _code(corner: np.ndarray) -> int:
    return sum(int(bit) << place for place, bit in enumerate(corner.ravel()[::-1]))


def test_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match=r"tolerance -1\. It must be 0 or more"):
        surface_dice(row(0, 1), row(0, 1), (1, 1), -1)
    with pytest.raises(SettingsError, match="tolerance nan"):
        surface_dice(row(0, 1), row(0, 1), (1, 1), math.nan)
    with pytest.raises(GeometryError, match="1 axes"):
        surface_dice(np.ones(4, bool), np.ones(4, bool), (1,), 1)
    module._sizes.cache_clear()
    monkeypatch.setitem(__import__("sys").modules, "monai.metrics.utils", None)
    with pytest.raises(MissingExtraError, match=r"segmem\[eval\]"):
        surface_dice(np.ones((2, 2, 2), bool), np.ones((2, 2, 2), bool), (1, 1, 1), 1)
    module._sizes.cache_clear()


def test_a_cube_moved_along_any_axis_says_the_same() -> None:
    said = set()
    for axis, step in product(range(3), (-1, 1)):
        found, truth = (np.zeros((8, 8, 8), bool) for _ in range(2))
        truth[2:6, 2:6, 2:6] = True
        found[:] = np.roll(truth, step, axis)
        said.add(round(surface_dice(found, truth, (1, 1, 1), 0.5), 9))
    assert len(said) == 1
    assert 0.3 < said.pop() < 0.9
