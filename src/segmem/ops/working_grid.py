"""From a scan's own grid to the one a model works on, and back; the same for training and for use."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segmem.core import Clip, Geometry, Prediction
from segmem.core.errors import GeometryError
from segmem.io.orientation import world_axes
from segmem.ops.foreground import Box, foreground_box
from segmem.ops.resample import Size, resample_image, resample_labels, resample_predictions
from segmem.ops.volume_settings import Slices, VolumeSettings

OWN = VolumeSettings()
_AXES = {"sagittal": 0, "coronal": 1, "axial": 2}
_COARSER = 1e-3  # steps that differ by less are equal


@dataclass(frozen=True, slots=True)
class WorkingGrid:
    """The plan for one scan.

    Attributes:
        shape: (T, H, W) of the scan as it was read.
        order: its axis that becomes (slice, row, column).
        box: what is looked at, on the scan's axes.
        size: (slices, rows, columns) on the working grid.
        spacing_mm: there; None where the scan does not say.
    """

    shape: Size
    order: tuple[int, int, int]
    box: Box
    size: Size
    spacing_mm: tuple[float, float, float] | None

    @property
    def turned(self) -> Size:
        """(slices, rows, columns) of the box at the scan's own sampling."""
        first, second, third = (self.box[axis][1] - self.box[axis][0] for axis in self.order)
        return first, second, third

    @property
    def is_own(self) -> bool:
        """Whether nothing is changed at all."""
        return self.order == (0, 1, 2) and self.size == self.shape

    def image(self, scan: Tensor) -> Tensor:
        """(T, C, H, W) to (slices, C, rows, columns)."""
        if self.is_own:
            return scan
        cut = scan[(self._inside()[0], slice(None), *self._inside()[1:])]
        first, second, third = (axis + (axis > 0) for axis in self.order)
        return resample_image(cut.permute(first, 1, second, third), self.size).contiguous()

    def labels(self, labels: Tensor) -> Tensor:
        """(T, H, W) uint8 to (slices, rows, columns)."""
        if self.is_own:
            return labels
        return resample_labels(labels[self._inside()].permute(self.order), self.size).contiguous()

    def clip(self, clip: Clip) -> Clip:
        """The scan on the working grid; its geometry says the spacing, and no longer where it lies."""
        if self.is_own:
            return clip
        geometry = Geometry("volume", (self.size[1], self.size[2]), spacing_mm=self.spacing_mm)
        return Clip(clip.name, self.image(clip.frames), geometry)

    def back(self, predictions: Iterable[Prediction]) -> Iterator[Prediction]:
        """Of the working slices, as of the `turned` ones: at the scan's own sampling, slice after slice."""
        if self.size == self.turned:
            return iter(predictions)
        count, rows, columns = self.turned
        return resample_predictions(predictions, self.size[0], (rows, columns), count)

    def whole(self, maps: Sequence[Tensor], outside: int = 0) -> Tensor:
        """Maps (H, W) uint8 of the `turned` slices as (T, H, W) of the scan; `outside` where nothing was looked at."""
        stack = torch.stack(list(maps))
        if self.order == (0, 1, 2) and tuple(stack.shape) == self.shape:
            return stack
        out = stack.new_full(self.shape, outside)
        first, second, third = (self.order.index(axis) for axis in range(3))
        out[self._inside()] = stack.permute(first, second, third)
        return out

    def view(self, stack: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Of (K, T, H, W) on the scan's grid, the box as (K, slices, rows, columns) of `turned`; to write through."""
        first, second, third = (1 + axis for axis in self.order)
        return stack[(slice(None), *self._inside())].transpose(0, first, second, third)

    def _inside(self) -> tuple[slice, slice, slice]:
        first, second, third = (slice(*span) for span in self.box)
        return first, second, third


def plan_grid(
    frames: Tensor, geometry: Geometry, settings: VolumeSettings, name: str = "scan"
) -> WorkingGrid:
    """The plan for a scan (T, C, H, W).

    An axis of one voxel stays so, whatever its step.

    Raises:
        GeometryError: the settings ask for millimetres or an axis, and the scan does not say where its voxels lie.
    """
    shape = (frames.shape[0], frames.shape[2], frames.shape[3])
    whole: Box = ((0, shape[0]), (0, shape[1]), (0, shape[2]))
    own = WorkingGrid(shape, (0, 1, 2), whole, shape, geometry.spacing_mm)
    if settings == OWN:
        return own
    spacing, affine = geometry.spacing_mm, geometry.affine
    if spacing is None or affine is None:
        raise GeometryError(
            f"{name} does not say where its voxels lie, and this model works on a grid in millimetres."
            " Give the scan as NIfTI, NRRD, MHA or DICOM."
        )
    box = whole
    if settings.crop != "none":
        box = foreground_box(
            frames, spacing, settings.crop, settings.crop_percentile, settings.crop_margin_mm
        )
    order = slice_order(world_axes(geometry), spacing, settings.slices)
    grid = replace(own, box=box, order=order)
    wanted = (settings.slice_mm, settings.in_plane_mm, settings.in_plane_mm)
    steps = [spacing[axis] for axis in order]
    size = [_count(n, step, new) for n, step, new in zip(grid.turned, steps, wanted, strict=True)]
    made = [step * n / count for step, n, count in zip(steps, grid.turned, size, strict=True)]
    return replace(grid, size=(size[0], size[1], size[2]), spacing_mm=(made[0], made[1], made[2]))


def slice_order(
    world: tuple[int, int, int], spacing_mm: tuple[float, float, float], slices: Slices
) -> tuple[int, int, int]:
    """Which axis becomes (slice, row, column), so that slices are cut as `slices` says.

    Columns run along the lower of the other two, in the order (R, A, S), as in a scan that is read.

    Args:
        world: 0, 1 or 2 for R, A or S, of each of the scan's axes.
        spacing_mm: of each of them.
    """
    if slices == "own":
        return 0, 1, 2
    if slices == "thickest":
        largest = max(spacing_mm)
        near = [axis for axis in range(3) if spacing_mm[axis] >= largest * (1 - _COARSER)]
        first = max(near, key=lambda axis: world[axis])
    else:
        first = world.index(_AXES[slices])
    column, row = sorted((axis for axis in range(3) if axis != first), key=lambda axis: world[axis])
    return first, row, column


def _count(length: int, step_mm: float, wanted_mm: float | None) -> int:
    if wanted_mm is None or length == 1:
        return length
    return max(1, round(length * step_mm / wanted_mm))
