"""Encoded cases kept aside: each object is prompted with a box once and followed to the end, and scored."""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from segmem.core import Features, PromptBatch
from segmem.data.cache import CachedCase
from segmem.data.features import features_of, grid_labels
from segmem.prompted import PromptedSegmenter
from segmem.state import State
from segmem.train.prompted_objective import LEAST, tight_box


@torch.inference_mode()
def validate_prompted(
    model: PromptedSegmenter, cases: Iterable[CachedCase], frames: int | None = None
) -> dict[str, float]:
    """Mean Dice over objects, of videos, of volumes and of all, under `mean`.

    The box is on the first frame of a video and on the middle slice of a volume, and is as tight as can be. A
    frame counts in which the object is or was found; the prompted one does not. Each object's mask counts as it is,
    also where another object claims the same pixels.
    """
    scores: dict[str, list[float]] = {}
    model.eval()
    for case in cases:
        scores.setdefault(case.kind, []).extend(_dice(model, case, frames))
    found = {kind: float(np.mean(values)) for kind, values in scores.items() if values}
    every = [value for values in scores.values() for value in values]
    return {**found, "mean": float(np.mean(every))} if every else {}


def _dice(model: PromptedSegmenter, case: CachedCase, frames: int | None) -> list[float]:
    """Of each object that the prompted frame shows."""
    begin = case.length // 2 if case.kind == "volume" else 0
    index = np.arange(begin, min(case.length, begin + (frames or case.length)))
    truth = grid_labels(case, index, model.spec.fit)
    objects = [int(one) for one in torch.unique(truth[0]) if one > 0 and (truth[0] == one).sum() >= LEAST]
    if not objects or len(index) < 2:
        return []
    boxes = torch.stack([tight_box((truth[0] == one).float()) for one in objects])
    masks = follow(model, case, index, PromptBatch(tuple(objects), boxes=boxes[None]))[1:]
    scores = [_mean_dice(masks[:, place], truth[1:] == one) for place, one in enumerate(objects)]
    return [score for score in scores if score is not None]


def follow(
    model: PromptedSegmenter, case: CachedCase, index: np.ndarray, prompt: PromptBatch, recall: bool = True
) -> Tensor:
    """(T, K, H, W) bool, the masks of K objects, each for itself, on the model's grid: frames `index` of an encoded
    case, the first one prompted."""
    device = next(model.parameters()).device
    dtype = next(model.parameters()).dtype
    state, each = State.start(len(index)), []
    for place, t in enumerate(index):
        top = features_of(case, index[place : place + 1]).to(device, dtype)
        said = prompt if t == index[0] else None
        prediction, state = model.step(Features(top), state, said, recall=recall)
        each.append(prediction.logits[0, 1:].cpu() > 0)
    return torch.stack(each)


def _mean_dice(found: Tensor, truth: Tensor) -> float | None:
    """Over the frames (T, H, W) in which there is something; None where there is no such frame."""
    shared = (found & truth).flatten(1).sum(1).double()
    total = (found.flatten(1).sum(1) + truth.flatten(1).sum(1)).double()
    there = total > 0
    return float((2 * shared[there] / total[there]).mean()) if bool(there.any()) else None
