"""A scan's own array axes to frames of slices, and exactly back. Flips and permutation only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segmem.core import Clip, Geometry
from segmem.core.errors import GeometryError

_COARSER = 1.5
_R, _A, _S = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Turn:
    """Which file axis becomes (frame, row, column), and whether it runs backwards."""

    axes: tuple[int, int, int]
    flipped: tuple[bool, bool, bool]

    def to_frames(
        self, array: NDArray[np.generic], dtype: type[np.generic] | None = None
    ) -> NDArray[np.generic]:
        """(file axes) to (frame, row, column), contiguous, as `dtype`; `array` itself where nothing is to be done."""
        kind = array.dtype if dtype is None else np.dtype(dtype)
        view = array.transpose(self.axes)[self._steps()]
        if view.flags.c_contiguous and min(view.strides) > 0:  # torch takes no negative strides
            return view.astype(kind, copy=False)
        frames = np.empty(view.shape, kind)
        outer = int(np.argmax(np.abs(view.strides)))  # plane after plane of the file: each stays in the cache
        for frame, plane in zip(np.moveaxis(frames, outer, 0), np.moveaxis(view, outer, 0), strict=True):
            frame[...] = plane
        return frames

    def to_file(self, frames: NDArray[np.generic]) -> NDArray[np.generic]:
        """(frame, row, column) to (file axes); undoes `to_frames`."""
        inverse = tuple(int(i) for i in np.argsort(self.axes))
        return frames[self._steps()].transpose(inverse)

    def _steps(self) -> tuple[slice, ...]:
        return tuple(slice(None, None, -1 if back else 1) for back in self.flipped)


def turn(affine: NDArray[np.float64]) -> Turn:
    """The turn to the closest canonical orientation, from file index -> world (R, A, S) in mm, (4, 4).

    Frames run along the coarsest axis where its spacing is at least 1.5 times both others, else along S;
    columns along the lower one, in the order (R, A, S), of the two that are left. All three increase.
    """
    from nibabel import orientations

    closest: Any = orientations.io_orientation
    towards = closest(affine)  # for each file axis: world axis, sign
    file_axis = {int(world): axis for axis, (world, _) in enumerate(towards)}
    frame = _frame_axis(spacing(affine), file_axis)
    column, row = (world for world in (_R, _A, _S) if world != frame)
    axes = (file_axis[frame], file_axis[row], file_axis[column])
    first, second, third = (bool(towards[axis, 1] < 0) for axis in axes)
    return Turn(axes, (first, second, third))


def _frame_axis(steps: NDArray[np.float64], file_axis: dict[int, int]) -> int:
    by_world = [float(steps[file_axis[world]]) for world in (_R, _A, _S)]
    coarsest = int(np.argmax(by_world))
    others = [step for world, step in enumerate(by_world) if world != coarsest]
    return coarsest if by_world[coarsest] >= _COARSER * max(others) else _S


def spacing(affine: NDArray[np.float64]) -> NDArray[np.float64]:
    """Millimetres from one index to the next along each file axis, (3,)."""
    return np.asarray(np.linalg.norm(affine[:3, :3], axis=0))


def world_axes(geometry: Geometry) -> tuple[int, int, int]:
    """The world axis (0 R, 1 A, 2 S) that (frame, row, column) of a scan lie closest to; along each, indices increase.

    Raises:
        GeometryError: it does not say where its voxels lie.
    """
    from nibabel import orientations

    if geometry.affine is None:
        raise GeometryError(f"a {geometry.kind} without an affine has no axes in the world.")
    closest: Any = orientations.io_orientation
    towards = closest(np.asarray(geometry.affine))
    first, second, third = (int(towards[axis, 0]) for axis in geometry.axes)
    return first, second, third


def scan_clip(
    name: str, array: NDArray[np.generic], affine: NDArray[np.float64], header: Mapping[str, object]
) -> Clip:
    """The clip (T, 1, H, W) float32 of a file's array (file axes), its geometry filled in."""
    how = turn(affine)
    frames = torch.from_numpy(how.to_frames(array, np.float32))[:, None]
    return Clip(name, frames, scan_geometry(affine, how, (frames.shape[2], frames.shape[3]), header))


def scan_geometry(
    affine: NDArray[np.float64], how: Turn, size: tuple[int, int], header: Mapping[str, object]
) -> Geometry:
    """The geometry of a scan turned by `how`."""
    steps = spacing(affine)
    first, second, third = (float(steps[axis]) for axis in how.axes)
    rows = tuple((float(r[0]), float(r[1]), float(r[2]), float(r[3])) for r in affine)
    return Geometry("volume", size, None, (first, second, third), rows, how.axes, how.flipped, header)


def file_array(frames: Tensor, geometry: Geometry) -> NDArray[np.uint8]:
    """Label frames (T, H, W) uint8 as the file's own array."""
    array = frames.detach().cpu().numpy()
    return np.asarray(Turn(geometry.axes, geometry.flipped).to_file(array), dtype=np.uint8)
