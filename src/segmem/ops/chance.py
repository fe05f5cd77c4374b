"""Random numbers drawn from an explicit generator."""

import math

import torch
from torch import Tensor


def uniform(low: float, high: float, random: torch.Generator) -> float:
    """One number in [low, high)."""
    return low + (high - low) * float(torch.rand((), generator=random))


def log_uniform(low: float, high: float, random: torch.Generator) -> float:
    """One factor in [low, high), as likely to halve as to double."""
    return math.exp(uniform(math.log(low), math.log(high), random))


def happens(share: float, random: torch.Generator) -> bool:
    """True in `share` of the calls."""
    return float(torch.rand((), generator=random)) < share


def pick(count: int, random: torch.Generator) -> int:
    """One of 0 .. count - 1."""
    return int(torch.randint(count, (), generator=random))


def noise(shape: tuple[int, ...], random: torch.Generator) -> Tensor:
    """Standard normal numbers."""
    return torch.randn(shape, generator=random)
