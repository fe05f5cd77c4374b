"""A labelled scan as the model sees it: cut, turned and resampled as it will be when the model predicts."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from segmem.core.errors import InputError
from segmem.data.cases import LabelledCase, LabelledFrame
from segmem.ops.volume_settings import VolumeSettings
from segmem.ops.working_grid import WorkingGrid, plan_grid

ToClasses = Callable[[Tensor, str], Tensor]
"""Label values (H, W) to classes; told what to call the frame where one is no class."""


def on_grid(case: LabelledCase, settings: VolumeSettings, to_classes: ToClasses) -> LabelledCase:
    """The case with frames on the working grid, its labels as classes: those that lie on one voxel must be told apart
    before they are shared out."""
    return replace(case, read=partial(_read, case, settings, to_classes))


def _read(case: LabelledCase, settings: VolumeSettings, to_classes: ToClasses) -> Iterator[LabelledFrame]:
    """Raise InputError where the scan does not say its place, or only some of its slices are labelled."""
    if case.geometry is None:
        raise InputError(
            f"{case.name}: its layout does not say where voxels lie, and `model.volume` asks for millimetres."
            " Leave `volume` out, or convert the data: segmem convert data SRC DST --to segmem."
        )
    pairs = list(case.read())
    scan = torch.stack([frame for frame, _ in pairs])
    grid = plan_grid(scan, case.geometry(), settings, case.name)
    drawn = [
        None if label is None else to_classes(label, f"{case.name} frame {index}")
        for index, (_, label) in enumerate(pairs)
    ]
    yield from zip(grid.image(scan), _labels(case.name, drawn, grid), strict=True)


def _labels(name: str, drawn: list[Tensor | None], grid: WorkingGrid) -> list[Tensor | None]:
    known = [label for label in drawn if label is not None]
    if len(known) == len(drawn):
        return list(grid.labels(torch.stack(known)))
    if not known:
        return [None] * grid.size[0]
    first, last = grid.box[0]
    if grid.order[0] != 0 or grid.size[0] != last - first:
        raise InputError(
            f"{name}: {len(known)} of {len(drawn)} slices are labelled, and this model's slices lie otherwise"
            " (`model.volume`): what is not labelled would mix with what is. Label all, or set slices: own and"
            " slice_mm: null."
        )
    nothing = torch.zeros_like(known[0])
    stack = grid.labels(torch.stack([nothing if label is None else label for label in drawn]))
    return [None if drawn[first + index] is None else label for index, label in enumerate(stack)]
