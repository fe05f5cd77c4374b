"""Answers as labels can judge them that tell only some classes."""

import torch
from torch import Tensor

BELOW = 100.0
"""How far below background the logit of a class lies that counts as none."""


def marginal(logits: Tensor, told: Tensor) -> Tensor:
    """Logits by which every class that is not told is part of background, and itself improbable.

    What such a label calls background is background or any class that it does not tell, so their probabilities count
    as one: the marginal loss of Shi et al. 2021, "Marginal loss and exclusion loss for partially supervised multi-organ
    segmentation", where this goes into any loss of probabilities. The logits of classes that are told stay as they are,
    and so do their probabilities.

    Args:
        logits: (N, K, H, W), background first.
        told: (N, K) bool, background among them.
    """
    away = ~told[:, 1:, None, None]
    background, others = logits[:, :1], logits[:, 1:]
    unsaid = others.masked_fill(~away, -torch.inf)
    merged = torch.cat([background, unsaid], dim=1).logsumexp(dim=1, keepdim=True)
    return torch.cat([merged, torch.where(away, merged.detach() - BELOW, others)], dim=1)
