"""Unbroken runs of frames around those that a clip visits, for encoders that look at neighbours."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


class Runs(NamedTuple):
    """Clips as an encoder sees them that looks at neighbours: of each, the unbroken run of its case's frames that its
    own frames lie in, so that a neighbour is the true one whatever order the clip visits them in.

    A tuple, because precision looks for tensors within what a loss is given."""

    entered: tuple[Tensor, ...]
    """Of each clip (S, C, h, w) of S frames, kept before the first one was looked at beside another."""
    places: Tensor
    """(B, T) where in its run a clip's frames lie."""

    def to(self, device: torch.device) -> "Runs":
        return Runs(tuple(one.to(device) for one in self.entered), self.places.to(device))


def run_around(order: NDArray[np.intp], around: tuple[int, int], length: int) -> tuple[int, int]:
    """First and last frame of the run that a clip's frames are encoded in, so that each is as in the whole case."""
    return max(0, int(order.min()) - around[0]), min(length - 1, int(order.max()) + around[1])
