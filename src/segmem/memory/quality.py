"""How far predicted qualities can be believed: the temperature that fits them to true ones."""

import torch
from torch import Tensor
from torch.nn import functional as F

from segmem.core.errors import UsageError
from segmem.memory.confidence import EDGE

RANGE = (0.1, 10.0)
STEPS = 40  # of the golden section: the logarithm is then exact to about 1e-8


def fit_temperature(predicted: Tensor, true: Tensor) -> float:
    """What `Confidence.temperature` should be: the T of least cross-entropy of sigmoid(logit(predicted) / T) to `true`.

    The loss has one valley in 1 / T, so a golden section finds it. Platt scaling without a shift (Guo et al. 2017,
    section 4.2), with the true IoU as the target in place of right or wrong.

    Args:
        predicted: (N,) predicted IoU in 0..1, of validation cases.
        true: (N,) theirs.

    Raises:
        UsageError: there is none, or their numbers differ.
    """
    if len(predicted) != len(true) or not len(true):
        raise UsageError(f"There are {len(predicted)} predicted qualities and {len(true)} true ones.")
    logit = predicted.double().clamp(EDGE, 1 - EDGE).logit()
    target = true.double()

    def loss(power: float) -> float:
        return float(
            F.binary_cross_entropy_with_logits(
                logit * torch.exp(torch.tensor(-power, dtype=torch.float64)), target
            )
        )

    low, high = (float(torch.tensor(end, dtype=torch.float64).log()) for end in RANGE)
    ratio = (5**0.5 - 1) / 2
    for _ in range(STEPS):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        low, high = (low, right) if loss(left) < loss(right) else (left, high)
    return float(torch.exp(torch.tensor((low + high) / 2, dtype=torch.float64)))
