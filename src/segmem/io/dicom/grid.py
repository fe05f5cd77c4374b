"""The grid of frames that say where they lie, with room for the slices that a file leaves out."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from segmem.core import Geometry
from segmem.core.errors import GeometryError
from segmem.io.dicom.elements import first_item, number
from segmem.io.dicom.files import read_header
from segmem.io.dicom.header import Frame
from segmem.io.dicom.order import along_normal, stack
from segmem.io.orientation import scan_geometry, turn


def grid_of(path: Path, frames: Sequence[Frame], size: tuple[int, int]) -> tuple[list[int], int, Geometry]:
    """Which slice each frame is of, how many slices there are, and where they lie.

    Several frames may be of one slice, and a slice may have none: programs leave empty ones out. The usual step
    between those that are there, or the one that the file states where it fits, is taken for that of all.

    Args:
        size: (H, W) of every frame.

    Raises:
        GeometryError: the frames lie on no grid.
    """
    by_place = {frame.position_mm: frame for frame in frames}
    stated = _stated_step(path)
    found = stack(list(by_place.values()), stated)
    if found is None or any(problem.weight == "refused" for problem in found.problems):
        raise GeometryError(f"{path}: its frames lie on no grid. Give the scan that it belongs to.")
    where = np.array(along_normal(found.frames)) - along_normal(found.frames)[0]
    affine = np.asarray(found.affine, dtype=np.float64)
    between = _fitting(where, stated) or found.spacing_mm[0]
    if len(where) > 1:
        affine[:3, 2] *= between / found.spacing_mm[0]
    index = {f.position_mm: round(z / between) for f, z in zip(found.frames, where.tolist(), strict=True)}
    how, count = turn(affine), max(index.values()) + 1
    shape = (size[1], size[0], count)
    turned = (shape[how.axes[1]], shape[how.axes[2]])
    return [index[f.position_mm] for f in frames], count, scan_geometry(affine, how, turned, {})


def _fitting(where: np.ndarray, stated: float | None) -> float | None:
    """The step that the file states, where every frame lies at a multiple of it."""
    if stated is None or len(where) < 2:
        return None
    multiples = where / stated
    return stated if np.abs(multiples - np.rint(multiples)).max() < 0.05 and multiples[1] > 0.5 else None


def _stated_step(path: Path) -> float | None:
    shared = first_item(read_header(path), "SharedFunctionalGroupsSequence")
    measures = first_item(shared, "PixelMeasuresSequence") if shared else None
    if measures is None:
        return None
    return number(measures, "SpacingBetweenSlices") or number(measures, "SliceThickness")
