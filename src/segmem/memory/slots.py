"""Small questions about slots that policies and attention share."""

import torch
from torch import Tensor

from segmem.memory.bank import MemoryBank


def oldest(frame: Tensor) -> Tensor:
    """Index of the smallest frame number in (B, N); an empty slot counts as oldest."""
    return frame.argmin(dim=1)


def all_slots(bank: MemoryBank) -> Tensor:
    """Every slot number, (B, N)."""
    return torch.arange(bank.frame.shape[1], device=bank.frame.device).expand_as(bank.frame)


def recency(age: Tensor, valid: Tensor) -> Tensor:
    """Rank of each slot read by age, (B, R) int64: 0 is the latest; invalid slots come last."""
    far = torch.iinfo(age.dtype).max
    return age.masked_fill(~valid, far).argsort(dim=1, stable=True).argsort(dim=1, stable=True)
