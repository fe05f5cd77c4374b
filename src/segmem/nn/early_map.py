"""What cells look like by themselves: the first feature map of a network, in the cells of a later one.

A deep feature of a transformer, or of a network that has seen little, knows of the whole frame in every cell, and what
covers one part of it shows everywhere. The first map knows a few pixels only.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from segmem.core import Features

DENSE = 8  # pixels along a cell's side


@dataclass(frozen=True, slots=True)
class EarlyMap:
    """Where a network's first feature map is.

    Attributes:
        index: its place in `Features.skips`.
        channels: E.
    """

    index: int
    channels: int

    def glance(self, features: Features) -> Tensor:
        """(B, 2 E, h, w): mean and deviation of each channel within each cell of `features.top` (B, C, h, w)."""
        early, grid = features.skips[self.index], (features.top.shape[-2], features.top.shape[-1])
        if early.shape[-1] >= DENSE * grid[1]:
            early = early[:, :, ::2, ::2]  # every other pixel tells as much, four times as fast
        early = early.float()  # squares of narrower numbers are not told apart
        mean, square = (F.adaptive_avg_pool2d(one, grid) for one in (early, early.square()))
        return torch.cat([mean, (square - mean.square()).clamp(min=0).sqrt()], dim=1)
