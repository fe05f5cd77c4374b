"""How far predicted qualities can be believed: the temperature that fits them to true ones."""

import torch
from torch import Tensor

from segmem.core.errors import UsageError
from segmem.memory.confidence import EDGE
from segmem.ops.temperature import fit_temperature


def quality_temperature(predicted: Tensor, true: Tensor) -> float:
    """What `Confidence.temperature` should be: the T of least cross-entropy of sigmoid(logit(predicted) / T) to `true`.

    Args:
        predicted: (N,) predicted IoU in 0..1, of validation cases.
        true: (N,) theirs.

    Raises:
        UsageError: there is none, or their numbers differ.
    """
    if len(predicted) != len(true) or not len(true):
        raise UsageError(f"There are {len(predicted)} predicted qualities and {len(true)} true ones.")
    logit = predicted.clamp(EDGE, 1 - EDGE).logit()
    two = torch.stack([torch.zeros_like(logit), logit], dim=1)
    return fit_temperature(two, torch.stack([1 - true, true], dim=1).to(logit))
