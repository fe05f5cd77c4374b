"""Prompts in millimetres of a scan to pixels on its slices."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segmem.core import Geometry, Prompt
from segmem.core.errors import PromptError
from segmem.io.world import from_world
from segmem.predict.said import Said

_BORDER = 0.5 + 1e-3  # a voxel reaches half a step beyond its centre; the rest is for rounding
_DIGITS = 6  # of a pixel: what is below is rounding of the affine


def placed(said: Said, geometry: Geometry, length: int) -> list[Prompt]:
    """The points and the box of `said`, (R, A, S) in mm, each on the slice it lies on.

    A point lies on the nearest slice. A box is the rectangle between two opposite corners, in any order, on the
    slice nearest to its middle. What is beyond the centre of an outermost pixel but still in it is moved there.

    Raises:
        PromptError: a number is not finite or one too many, a place is outside the scan, or its slice is not the
            one that `said` names.
    """
    which = 1 if said.object is None else said.object
    found = []
    for point in said.points:
        _require_count(said, point, 4, "x,y,z,label")
        at, y, x = _voxels(said, [point[:3]], geometry, length)[0]
        found.append(Prompt(_slice(said, at), which, points=((x, y, point[3]),)))  # type: ignore[arg-type]
    if said.box is not None:
        _require_count(said, said.box, 6, "x0,y0,z0,x1,y1,z1")
        one, other = _voxels(said, [said.box[:3], said.box[3:]], geometry, length)
        (x0, x1), (y0, y1) = sorted((one[2], other[2])), sorted((one[1], other[1]))
        found.append(Prompt(_slice(said, (one[0] + other[0]) / 2), which, (x0, y0, x1, y1)))
    return found


def _voxels(
    said: Said, places: Sequence[Sequence[float]], geometry: Geometry, length: int
) -> list[list[float]]:
    """(slice, row, column) of each, within the centres of the outermost voxels."""
    last = np.asarray((length, *geometry.size), dtype=np.float64) - 1
    world = np.asarray(places, dtype=np.float64)
    voxels = from_world(world, geometry, length)
    for voxel, place in zip(voxels, world, strict=True):
        if not _within(voxel, last):
            raise PromptError(_outside(said, place, voxel, geometry, length))
    moved: list[list[float]] = np.clip(voxels, 0, last).round(_DIGITS).tolist()
    return moved


def _within(voxel: NDArray[np.float64], last: NDArray[np.float64]) -> bool:
    return bool((voxel >= -_BORDER).all() and (voxel <= last + _BORDER).all())


def _outside(
    said: Said, place: NDArray[np.float64], voxel: NDArray[np.float64], geometry: Geometry, length: int
) -> str:
    at, row, column = (f"{value:.1f}" for value in voxel)
    last = np.asarray((length, *geometry.size), dtype=np.float64) - 1
    as_lps = from_world(place * (-1, -1, 1), geometry, length)[0]
    hint = " Right, anterior and superior count up: negate the first two if they are LPS, as in DICOM."
    return (
        f"{said.words}: {','.join(f'{mm:g}' for mm in place)} mm is outside the scan, at column {column}, row {row},"
        f" slice {at}; the image is {geometry.size[1]} x {geometry.size[0]} pixels, {length} slices."
        f"{hint if _within(as_lps, last) else ''}"
    )


def _slice(said: Said, at: float) -> int:
    nearest = math.floor(at + 0.5)
    if said.frame is not None and said.frame != nearest:
        raise PromptError(
            f"{said.words} lies on slice {nearest}, not on {said.frame}. Leave the slice out: millimetres say it."
        )
    return nearest


def _require_count(said: Said, numbers: Sequence[float], count: int, form: str) -> None:
    if len(numbers) != count:
        raise PromptError(
            f"{said.words} has {len(numbers)} numbers where {count} are needed with --world: {form} in mm."
        )
    if not all(map(math.isfinite, numbers)):
        raise PromptError(f"{said.words} holds a number that is not finite. Expected {form} in mm.")
