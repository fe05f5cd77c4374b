"""Millimetres in the patient to slice, row and column of a scan, and back."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segmem.core import Geometry
from segmem.core.errors import GeometryError

Floats = NDArray[np.float64]


def to_world(voxels: ArrayLike, geometry: Geometry, length: int) -> Floats:
    """(N, 3) as (slice, row, column), fractions too, 0 the centre of the first, to (N, 3) as (R, A, S) in mm.

    Args:
        length: how many slices the scan has.

    Raises:
        GeometryError: it is no scan.
    """
    affine = _affine(geometry)
    at_file = _mirrored(_rows(voxels), geometry, length)[:, np.argsort(geometry.axes)]
    return np.asarray(at_file @ affine[:3, :3].T + affine[:3, 3])


def from_world(world: ArrayLike, geometry: Geometry, length: int) -> Floats:
    """The inverse of `to_world`: (N, 3) as (R, A, S) in mm to (N, 3) as (slice, row, column).

    Raises:
        GeometryError: it is no scan.
    """
    affine = _affine(geometry)
    at_file = np.linalg.solve(affine[:3, :3], (_rows(world) - affine[:3, 3]).T).T
    return _mirrored(np.asarray(at_file, dtype=np.float64)[:, geometry.axes], geometry, length)


def _affine(geometry: Geometry) -> Floats:
    if geometry.affine is None:
        raise GeometryError(f"Millimetres need a scan; this is {_a(geometry.kind)}, which knows pixels only.")
    return np.asarray(geometry.affine, dtype=np.float64)


def _a(kind: str) -> str:
    return f"an {kind}" if kind == "image" else f"a {kind}"


def _rows(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64).reshape(-1, 3)


def _mirrored(voxels: Floats, geometry: Geometry, length: int) -> Floats:
    """Count from the other end along the axes that were reversed while reading. Its own inverse."""
    last = np.asarray((length, *geometry.size), dtype=np.float64) - 1
    return np.where(geometry.flipped, last - voxels, voxels)
