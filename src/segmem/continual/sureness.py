"""How sure a network is of a labelled case, and how right: what a bank chooses its entries by."""

import numpy as np
import torch

from segmem.data.cache import CachedCase
from segmem.data.features import grid_labels
from segmem.data.prompts import PromptSettings, say
from segmem.data.sample import generator
from segmem.prompted import CELL, PromptedSegmenter
from segmem.state import State
from segmem.train.case_features import features_by_frame
from segmem.train.mask_loss import overlap


@torch.inference_mode()
def sureness(model: PromptedSegmenter, case: CachedCase, wish: PromptSettings) -> float:
    """In 0..1: the quality that the network predicts of its answer to a prompt, but no more than the overlap that the
    answer has with the label, so that a case with a wrong label is not taken for a sure one.

    Args:
        model: in evaluation mode.
        case: encoded; its first labelled frame counts, all its classes together.
        wish: what is said of the object.
    """
    index = np.flatnonzero(case.labelled)[:1]
    truth = (grid_labels(case, index, model.spec.fit) > 0).float()
    here = features_by_frame(model, case)(int(index[0]))
    low = (here.top.shape[-2] * CELL, here.top.shape[-1] * CELL)
    prompt = say(truth, [wish], low, generator(0, case.name, 0, 0))
    prediction, _ = model.step(here, State.start(1), prompt, memorise=False)
    reached = float(overlap(prediction.logits[:, 1].cpu() > 0, truth))
    assert prediction.quality is not None  # noqa: S101  promptable networks give one
    return min(float(prediction.quality), reached)
