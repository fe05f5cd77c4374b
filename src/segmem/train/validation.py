"""Cases kept aside, segmented frame after frame as in use, and scored."""

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from torch import Tensor

from segmem.data.cache import CachedCase
from segmem.metrics.overlap import Scores, confusion, dice_of
from segmem.metrics.summary import by_class
from segmem.ops.fit import pad, resize, unpad
from segmem.ops.intensity import normalise
from segmem.segmenter import MemorySegmenter
from segmem.state import State
from segmem.two_stages import encode_slices, first_stage, second_stage
from segmem.volumetric import VolumeSegmenter

Judged = MemorySegmenter | VolumeSegmenter


@torch.inference_mode()
def stream_logits(
    model: Judged, case: CachedCase, memory: bool, frames: int | None = None
) -> Iterator[tuple[int, Tensor]]:
    """Frame numbers and logits (K, h, w) of one case in order, padding cut away.

    Args:
        model: in evaluation mode; the case goes to its device.
        case: read from its first frame.
        memory: whether to remember.
        frames: stop after so many.
    """
    fit, state = case.fit(model.spec.fit), State.start()
    device = next(model.parameters()).device
    length = case.length if frames is None else min(frames, case.length)
    if isinstance(model, VolumeSegmenter):
        yield from _scan_logits(model, case, memory, length)
        return
    for index in range(length):
        frame = torch.from_numpy(np.array(case.frames[index])).to(device)[None]
        ready = pad(normalise(frame, 0, 255), fit)
        prediction, state = model.step(ready, state, recall=memory)
        yield index, unpad(prediction.logits[0], fit)


def _scan_logits(
    model: VolumeSegmenter, case: CachedCase, memory: bool, length: int
) -> Iterator[tuple[int, Tensor]]:
    """The same of a scan in two stages; without memory, of the first alone."""
    fit, device = case.fit(model.spec.fit), next(model.parameters()).device

    def frames(first: int, last: int) -> Tensor:
        some = torch.from_numpy(np.array(case.frames[first:last])).to(device)
        return pad(normalise(some, 0, 255), fit)

    slices = encode_slices(model, frames, length)
    found = second_stage(model, slices) if memory else first_stage(model, slices)
    for index, logits in enumerate(found.logits):
        yield index, unpad(resize(logits[None], fit.grid, "logits")[0], fit)


def validate(
    model: Judged, cases: Iterable[CachedCase], memory: bool, frames: int | None = None
) -> dict[str, float]:
    """Mean Dice of each class over cases, at training resolution, and `mean` over the classes.

    A video's or image's Dice is the mean over labelled frames that show or were given the class; a volume's
    is over all its voxels. A class that no case has is left out.
    """
    names = model.spec.classes
    per_case = [_dice(model, case, memory, frames, len(names)) for case in cases]
    if not per_case:
        return {}
    means = by_class(np.stack(per_case))
    scores = {name: m.mean for name, m in zip(names[1:], means[1:], strict=True) if m.present}
    return {**scores, "mean": float(np.mean(list(scores.values())))} if scores else {}


def _dice(model: Judged, case: CachedCase, memory: bool, frames: int | None, classes: int) -> Scores:
    """(K,) of one case, NaN where it has no such class."""
    counts = [
        confusion(logits.max(dim=0).indices.cpu(), case.labels[index], classes)
        for index, logits in stream_logits(model, case, memory, frames)
        if case.labelled[index]
    ]
    if not counts:
        return np.full(classes, np.nan)
    if case.kind == "volume":
        return dice_of(np.sum(counts, axis=0))
    return np.array([found.mean for found in by_class(np.stack([dice_of(count) for count in counts]))])
