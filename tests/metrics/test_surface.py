"""HD95 and ASSD: worked by hand, against all pairs of places, and against MONAI."""

import math
from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest
import torch

from mask_pairs import MANY, Mask, mask_pairs
from segmem.metrics.surface import edge, surface_distances


def square(at: int, side: int, size: int = 12) -> Mask:
    mask = np.zeros((size, size), bool)
    mask[2 : 2 + side, at : at + side] = True
    return mask


def brute(found: Mask, truth: Mask, spacing: Sequence[float]) -> tuple[float, float]:
    """HD95 and ASSD from their definition."""

    def places(mask: Mask) -> np.ndarray:
        held = {tuple(p) for p in np.argwhere(mask).tolist()}
        sides = [
            tuple(sign * (axis == a) for a in range(mask.ndim))
            for axis in range(mask.ndim)
            for sign in (1, -1)
        ]
        border = [p for p in held if any(tuple(np.add(p, s).tolist()) not in held for s in sides)]
        return np.array(sorted(border), float) * spacing

    a, b = places(found), places(truth)
    apart = np.sqrt(((a[:, None] - b[None]) ** 2).sum(-1))
    there, back = apart.min(1), apart.min(0)
    return max(np.percentile(there, 95), np.percentile(back, 95)), float(np.concatenate([there, back]).mean())


def test_a_square_moved_by_two_pixels() -> None:
    """Side 3, its edge 8 pixels. Moved by 2: a column is shared; the far column is 2 away, the middle two 1."""
    found = surface_distances(square(5, 3), square(3, 3), (1, 1))
    assert sorted(found.there.tolist()) == sorted(found.back.tolist()) == [0, 0, 0, 1, 1, 2, 2, 2]
    assert found.hausdorff(100) == 2
    assert found.hausdorff() == 2
    assert found.average == 8 / 8
    assert surface_distances(square(5, 3), square(3, 3), (1, 0.5)).average == 0.5


def test_a_lone_far_pixel_is_left_out_at_95_percent_only_among_many() -> None:
    truth = np.zeros((40, 40), bool)
    truth[5:25, 5:25] = True
    found = truth.copy()
    found[35, 15] = True
    seen = surface_distances(found, truth, (1, 1))
    assert (seen.hausdorff(), seen.hausdorff(100)) == (0, 11)
    assert seen.average == pytest.approx(11 / (77 + 76))


def test_the_edge_of_the_picture_is_a_surface() -> None:
    assert edge(np.ones((4, 5), bool)).sum() == 14
    assert edge(np.ones((1, 5), bool)).sum() == 5
    assert edge(square(3, 3)).sum() == 8


def test_an_absent_class() -> None:
    nothing, something = np.zeros((4, 4), bool), np.ones((4, 4), bool)
    both = surface_distances(nothing, nothing, (1, 1))
    assert math.isnan(both.hausdorff())
    assert math.isnan(both.average)
    for found, truth in ((nothing, something), (something, nothing)):
        one = surface_distances(found, truth, (1, 1))
        assert (one.hausdorff(), one.average) == (math.inf, math.inf)


def test_agrees_with_all_pairs_of_places_on_a_thousand_masks() -> None:
    compared = 0
    for found, truth, spacing in mask_pairs():
        if not (found.any() and truth.any()):
            continue
        ours = surface_distances(found, truth, spacing)
        assert (ours.hausdorff(), ours.average) == pytest.approx(
            brute(found, truth, spacing), rel=0, abs=1e-9
        )
        compared += 1
    assert compared > 0.9 * MANY


def test_agrees_with_monai_on_a_thousand_masks() -> None:
    """MONAI answers in single precision; where a mask is empty it says NaN or infinite, by which of them it is."""
    metrics = pytest.importorskip("monai.metrics")
    for found, truth, spacing in mask_pairs():
        if not (found.any() and truth.any()):
            continue
        ours = surface_distances(found, truth, spacing)
        two = [torch.from_numpy(mask)[None, None].float() for mask in (found, truth)]
        asked = {"include_background": True, "spacing": list(spacing)}
        hd95 = metrics.compute_hausdorff_distance(*two, percentile=95, **asked).item()
        assd = metrics.compute_average_surface_distance(*two, symmetric=True, **asked).item()
        assert ours.hausdorff() == pytest.approx(
            hd95, rel=1e-6, abs=1e-5
        )  # it rounds the rank to single precision
        assert ours.average == pytest.approx(assd, rel=1e-6, abs=1e-6)


def test_turning_or_mirroring_both_changes_nothing() -> None:
    for found, truth, spacing in mask_pairs(60, seed=3):
        straight = surface_distances(found, truth, spacing)
        turned = surface_distances(found.T, truth.T, spacing[::-1])
        mirrored = surface_distances(np.flip(found), np.flip(truth), spacing)
        expected = (straight.hausdorff(), straight.average)
        for other in (turned, mirrored):
            np.testing.assert_allclose((other.hausdorff(), other.average), expected, atol=1e-12)


def test_every_order_of_axes_of_one_plane_in_a_volume() -> None:
    """A slice alone in a volume has only edges; its distances are those of its pixels to the other's."""
    for axis, at in product(range(3), (0, 2)):
        found, truth = (np.zeros((4, 5, 6), bool) for _ in range(2))
        np.moveaxis(found, axis, 0)[at] = True
        np.moveaxis(truth, axis, 0)[1] = True
        assert surface_distances(found, truth, (2, 3, 5)).hausdorff(100) == (2, 3, 5)[axis]
