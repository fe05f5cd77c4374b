"""Encoded cases kept aside: each object is prompted once and followed to the end, and scored."""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from segmem.core import PromptBatch
from segmem.data.cache import CachedCase
from segmem.data.features import grid_labels
from segmem.data.prompts import PromptSettings, of_objects, say
from segmem.data.sample import generator
from segmem.memory import CaseMemory
from segmem.prompted import CELL, PromptedSegmenter
from segmem.state import State
from segmem.train.case_features import features_by_frame
from segmem.train.prompted_objective import LEAST

TIGHT = PromptSettings(box=1.0, given=0.0, slack=0.0)
"""A box as tight as can be."""


@torch.inference_mode()
def validate_prompted(
    model: PromptedSegmenter, cases: Iterable[CachedCase], frames: int | None = None
) -> dict[str, float]:
    """Mean Dice over objects, of videos, of volumes and of all, under `mean`.

    The box is on the first frame of a video and on the middle slice of a volume, and is as tight as can be. A
    frame counts in which the object is or was found; the prompted one does not, unless it is the only one. Each
    object's mask counts as it is, also where another object claims the same pixels.
    """
    scores: dict[str, list[float]] = {}
    model.eval()
    for case in cases:
        scores.setdefault(case.kind, []).extend(object_dice(model, case, TIGHT, frames).values())
    found = {kind: float(np.mean(values)) for kind, values in scores.items() if values}
    every = [value for values in scores.values() for value in values]
    return {**found, "mean": float(np.mean(every))} if every else {}


def object_dice(
    model: PromptedSegmenter,
    case: CachedCase,
    wish: PromptSettings,
    frames: int | None = None,
    cases: CaseMemory | None = None,
) -> dict[int, float]:
    """Dice of each object that the prompted frame shows, by its id; of those after it, or of itself where there are
    none.

    Args:
        model: in evaluation mode.
        case: encoded or not.
        wish: what is said of the objects; the same at each call.
        frames: only so many.
        cases: what is told of other cases.
    """
    begin = case.length // 2 if case.kind == "volume" else 0
    index = np.arange(begin, min(case.length, begin + (frames or case.length)))
    truth = grid_labels(case, index, model.spec.fit)
    objects = [int(one) for one in torch.unique(truth[0]) if one > 0 and (truth[0] == one).sum() >= LEAST]
    if not objects:
        return {}
    shown = torch.stack([(truth[0] == one).float() for one in objects])
    low = features_by_frame(model, case)(begin).top.shape[-2:]
    said = say(shown, [wish] * len(objects), (low[0] * CELL, low[1] * CELL), generator(0, case.name, 0, 0))
    after = min(1, len(index) - 1)
    masks = follow(model, case, index, of_objects(said, tuple(objects)), cases=cases)[after:]
    scores = {one: _mean_dice(masks[:, place], truth[after:] == one) for place, one in enumerate(objects)}
    return {one: score for one, score in scores.items() if score is not None}


def follow(
    model: PromptedSegmenter,
    case: CachedCase,
    index: np.ndarray,
    prompt: PromptBatch,
    recall: bool = True,
    cases: CaseMemory | None = None,
) -> Tensor:
    """(T, K, H, W) bool, the masks of K objects, each for itself, on the model's grid: frames `index` of a case, the
    first one prompted."""
    size = case.fit(model.spec.fit).grid
    state, each = State.start(len(index), cases), []
    seen = features_by_frame(model, case)
    for t in index.tolist():
        said = prompt if t == index[0] else None
        prediction, state = model.step(seen(t), state, said, recall=recall)
        logits = prediction.logits[:, 1:]
        if tuple(logits.shape[-2:]) != size:
            logits = F.interpolate(logits, size, mode="bilinear", align_corners=False)
        each.append(logits[0].cpu() > 0)
    return torch.stack(each)


def _mean_dice(found: Tensor, truth: Tensor) -> float | None:
    """Over the frames (T, H, W) in which there is something; None where there is no such frame."""
    shared = (found & truth).flatten(1).sum(1).double()
    total = (found.flatten(1).sum(1) + truth.flatten(1).sum(1)).double()
    there = total > 0
    return float((2 * shared[there] / total[there]).mean()) if bool(there.any()) else None
