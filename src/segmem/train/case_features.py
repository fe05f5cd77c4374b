"""A kept case's features, frame by frame: as they are, finished beside their neighbours, or made now."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from segmem.core import Features
from segmem.data.cache import CachedCase
from segmem.data.features import features_of
from segmem.nn.temporal_adapter import around
from segmem.predict.slices import Slices
from segmem.prompted import PromptedSegmenter

WHOLE_BYTES = (0.0, 255.0)  # cached frames go from the window's low to its high value


def features_by_frame(model: PromptedSegmenter, case: CachedCase) -> Callable[[int], Features]:
    """What a model sees of frame t of a case, (1, C, h, w). Of an encoder with temporal adapters it is as in the whole
    case, at whatever frame one begins; some frames together are then held.

    Args:
        model: without gradients.
        case: with features, as `data.features.FeatureCache` keeps them, or without.
    """
    looks = around(model)
    if looks is None:
        return lambda t: Features(_kept(model, case, np.array([t])))

    def finished(entered: Tensor) -> list[Features]:
        return model.finish_clip(entered[None])[0]

    whole = _kept(model, case, np.arange(case.length))
    return Slices(finished, whole, max(looks)).at


def _kept(model: PromptedSegmenter, case: CachedCase, index: np.ndarray) -> Tensor:
    """(T, C, h, w) of frames as they are kept, or as they would be."""
    weights = next(model.parameters())
    if case.features is not None:
        return features_of(case, index).to(weights.device, weights.dtype)
    fit = case.fit(model.spec.fit)
    each = []
    for t in index.tolist():  # one at a time: an encoder's first maps are large
        frame = torch.from_numpy(np.array(case.frames[t])).to(weights.device)[None]
        each.append(model.enter(model.prepare(frame, replace(fit, size=fit.scaled), WHOLE_BYTES)).top)
    return torch.cat(each)
