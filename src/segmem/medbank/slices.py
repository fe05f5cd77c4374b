"""From a labelled case to MedBank's slices: bytes, one object's mask each, and only where there is something."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from segmem.data.cases import LabelledCase
from segmem.medbank.table import SourceRow, TaskRow
from segmem.ops.intensity import IntensitySettings, window

SCAN = IntensitySettings(kind="percentile")


@dataclass(frozen=True, slots=True)
class Slice:
    """One slice of a case.

    Attributes:
        number: of the frame, from 0.
        image: (3 or 1, H, W) uint8.
        masks: of the tasks whose object it shows, (H, W) uint8 of 0 and 255.
    """

    number: int
    image: Tensor
    masks: dict[str, Tensor]


def slices(case: LabelledCase, source: SourceRow) -> Iterator[Slice]:
    """The slices that show an object of the source's tasks, in order.

    Raises:
        InputError: the case cannot be read.
    """
    pairs: Iterator[tuple[Tensor, Tensor | None]] = case.read()
    limits: tuple[float, float] | None = source.window
    if case.kind == "volume" and limits is None:
        whole = list(pairs)  # its percentiles are of all of it
        limits = window(torch.stack([frame for frame, _ in whole]), SCAN)
        pairs = iter(whole)
    for number, (frame, label) in enumerate(pairs):
        masks = {} if label is None else split(label, source.tasks)
        if masks:
            yield Slice(number, to_bytes(frame, limits), masks)


def split(label: Tensor, tasks: Sequence[TaskRow]) -> dict[str, Tensor]:
    """A mask (H, W) uint8 of 0 and 255 for each task's object that a label map (H, W) shows."""
    found = {task.object: torch.isin(label, torch.tensor(task.values)) for task in tasks}
    return {name: mask.to(torch.uint8) * 255 for name, mask in found.items() if bool(mask.any())}


def to_bytes(frame: Tensor, limits: tuple[float, float] | None) -> Tensor:
    """(C, H, W) uint8 of one or three channels; None takes bytes as they are."""
    frame = frame if len(frame) in (1, 3) else frame[:1]
    if limits is None and frame.dtype == torch.uint8:
        return frame
    low, high = limits or (0.0, 255.0)
    finite = torch.nan_to_num(frame.float(), nan=low, posinf=high, neginf=low)
    scaled: Tensor = (finite.clamp(low, high) - low) / (high - low) * 255
    return scaled.round().to(torch.uint8)


def too_long(size: tuple[int, int]) -> bool:
    """Whether the short edge is under half the long one; the paper drops such images."""
    return min(size) * 2 < max(size)
