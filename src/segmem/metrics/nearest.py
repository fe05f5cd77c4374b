"""How far each of some places is from the nearest of others, on a grid."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from segmem.core.errors import GeometryError, SettingsError

Mask = NDArray[np.bool_]
Distances = NDArray[np.float64]
LEAF = 32  # places in a leaf of the tree: it is built for one question, so few and large leaves are quicker


def nearest(places: Mask, others: Mask, spacing: Sequence[float], limit: float = np.inf) -> Distances:
    """Euclidean distance from every true place to the nearest true one of `others`; infinite where there is none.

    Distances are taken from whole steps on the grid, so that two which are equal come out equal. A tree of the
    places beats a distance transform of the grid, since surfaces are thin.

    Args:
        places: (...) bool; the distances come in this mask's own order, row by row.
        others: the same shape.
        spacing: of each axis.
        limit: those farther away are infinite; a small limit is quick.
    """
    here, there = np.argwhere(places), np.argwhere(others)
    out = np.full(len(here), np.inf)
    if not len(here) or not len(there):
        return out
    scale = np.asarray(spacing, np.float64)
    reach = limit + scale.min() / 1000  # the tree rounds, and leaves out its bound; the limit itself counts
    _, found = cKDTree(there * scale, leafsize=LEAF).query(here * scale, distance_upper_bound=reach)
    near = found < len(there)
    steps = (here[near] - there[found[near]]) * scale
    out[near] = np.sqrt((steps**2).sum(axis=1))
    out[out > limit] = np.inf
    return out


def cropped(found: Mask, truth: Mask, spacing: Sequence[float]) -> tuple[Mask, Mask]:
    """Both masks around what either holds, with one empty place on every side, so that work follows the object.

    Raises:
        GeometryError: the shapes differ, or the axes are not as many as the spacings.
        SettingsError: a spacing is not above 0.
    """
    if found.shape != truth.shape or found.ndim != len(spacing):
        raise GeometryError(
            f"Surfaces: a mask of shape {found.shape}, a truth of {truth.shape}, spacing of {len(spacing)} axes."
            " All three must agree."
        )
    if not all(np.isfinite(step) and step > 0 for step in spacing):
        raise SettingsError(f"Surfaces: spacing {tuple(spacing)}. Each must be above 0.")
    both = found | truth
    inner = tuple(_extent(both, axis) for axis in range(both.ndim))
    return np.pad(found[inner], 1), np.pad(truth[inner], 1)


def _extent(mask: Mask, axis: int) -> slice:
    rest = tuple(other for other in range(mask.ndim) if other != axis)
    held = np.flatnonzero(mask.any(axis=rest))
    return slice(int(held[0]), int(held[-1]) + 1) if held.size else slice(0, 0)
