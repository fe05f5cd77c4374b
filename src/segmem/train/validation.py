"""Cases kept aside, segmented frame after frame as in use, and scored."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from segmem.data.cache import CachedCase
from segmem.ops.fit import pad, unpad
from segmem.ops.intensity import normalise
from segmem.segmenter import MemorySegmenter, State


@torch.inference_mode()
def stream_logits(
    model: MemorySegmenter, case: CachedCase, memory: bool, frames: int | None = None
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
    for index in range(case.length if frames is None else min(frames, case.length)):
        frame = torch.from_numpy(np.array(case.frames[index])).to(device)[None]
        ready = pad(normalise(frame, 0, 255), fit)
        prediction, state = model.step(ready, state, recall=memory)
        yield index, unpad(prediction.logits[0], fit)


def validate(
    model: MemorySegmenter, cases: Iterable[CachedCase], memory: bool, frames: int | None = None
) -> dict[str, float]:
    """Mean Dice of each class over cases, at training resolution, and `mean` over the classes.

    A video's or image's Dice is the mean over labelled frames that show or were given the class; a volume's
    is over all its voxels. A class that no case has is left out.
    """
    names = model.spec.classes[1:]
    per_case = np.array([_dice(model, case, memory, frames, len(names)) for case in cases])
    scores = {
        name: float(np.nanmean(per_case[:, place]))
        for place, name in enumerate(names)
        if len(per_case) and not np.isnan(per_case[:, place]).all()
    }
    return {**scores, "mean": float(np.mean(list(scores.values())))} if scores else {}


def _dice(
    model: MemorySegmenter, case: CachedCase, memory: bool, frames: int | None, classes: int
) -> Sequence[float]:
    parts = [
        _overlap(logits.argmax(dim=0).cpu().numpy(), case.labels[index], classes)
        for index, logits in stream_logits(model, case, memory, frames)
        if case.labelled[index]
    ]
    if not parts:
        return [float("nan")] * classes
    counts = np.array(parts)  # frames, classes, (2 x shared, sum)
    if case.kind == "volume":
        counts = counts.sum(axis=0, keepdims=True)
    there = counts[..., 1] > 0
    dice = np.divide(counts[..., 0], counts[..., 1], where=there, out=np.full(there.shape, np.nan))
    return [
        float(np.mean(column[~np.isnan(column)])) if (~np.isnan(column)).any() else np.nan
        for column in dice.T
    ]


def _overlap(predicted: np.ndarray, truth: np.ndarray, classes: int) -> list[tuple[float, float]]:
    rows = []
    for value in range(1, classes + 1):
        a, b = predicted == value, truth == value
        rows.append(
            (2.0 * float(np.count_nonzero(a & b)), float(np.count_nonzero(a)) + float(np.count_nonzero(b)))
        )
    return rows
