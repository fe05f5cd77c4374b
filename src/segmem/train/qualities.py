"""The quality a promptable network predicts of its answers beside the true one: what a temperature is fitted on."""

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor

from segmem.data.cache import CachedCase
from segmem.data.features import grid_labels
from segmem.data.prompts import PromptSettings, say
from segmem.data.sample import generator
from segmem.memory.quality import quality_temperature
from segmem.methods.spec import ModelSpec
from segmem.prompted import CELL, PromptedSegmenter
from segmem.state import State
from segmem.train.case_features import features_by_frame
from segmem.train.mask_loss import overlap
from segmem.train.prompted_objective import LEAST

FRAMES = 4  # of a case, spread evenly over those with a label
FEWEST = 8  # answers; fewer say little of how sure the next one may be


@torch.inference_mode()
def quality_of(
    model: PromptedSegmenter, case: CachedCase, frame: int, wish: PromptSettings
) -> tuple[float, float] | None:
    """Predicted and true IoU, each in 0..1, of the answer to a prompt on one frame, no memory read.

    Args:
        model: in evaluation mode.
        case: encoded or not; all its classes together are the object.
        frame: with a label.
        wish: what is said of the object; the same at each call.

    Returns:
        None where the frame shows next to nothing.
    """
    truth = (grid_labels(case, np.array([frame]), model.spec.fit) > 0).float()
    if truth.sum() < LEAST:
        return None
    here = features_by_frame(model, case)(frame)
    low = (here.top.shape[-2] * CELL, here.top.shape[-1] * CELL)
    prompt = say(truth, [wish], low, generator(0, case.name, 0, 0))
    prediction, _ = model.step(here, State.start(1), prompt, memorise=False)
    assert prediction.quality is not None  # noqa: S101  promptable networks give one
    return float(prediction.quality), float(overlap(prediction.logits[:, 1].cpu() > 0, truth))


def with_quality_temperature(
    model: PromptedSegmenter, spec: ModelSpec, cases: Sequence[CachedCase], wish: PromptSettings
) -> ModelSpec:
    """The spec with `Confidence.temperature` fitted on cases kept aside. It stays as it is where the model has no
    memory of other cases that counts calibrated qualities, or where there are too few answers.

    Args:
        model: what was learnt.
        spec: its own.
        cases: kept aside.
        wish: what is said of their objects.
    """
    samed2 = spec.samed2
    if model.across is None or samed2 is None or samed2.cases is None or samed2.cases.blend != "share":
        return spec
    predicted, true = _qualities(model.eval(), cases, wish)
    if len(predicted) < FEWEST:
        return spec
    fitted = samed2.cases.model_copy(update={"temperature": quality_temperature(predicted, true)})
    return spec.model_copy(update={"samed2": samed2.model_copy(update={"cases": fitted})})


def _qualities(
    model: PromptedSegmenter, cases: Iterable[CachedCase], wish: PromptSettings
) -> tuple[Tensor, Tensor]:
    """(N,) predicted and (N,) true ones."""
    found = [quality_of(model, case, frame, wish) for case in cases for frame in _frames(case)]
    pairs = torch.tensor([pair for pair in found if pair is not None]).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _frames(case: CachedCase) -> list[int]:
    known = np.flatnonzero(case.labelled)
    places = np.linspace(0, len(known) - 1, min(FRAMES, len(known))).round().astype(int)
    return [int(frame) for frame in known[places]]
