"""What a stream was shown last and what it answered, in small cells."""

from dataclasses import dataclass
from typing import Self

from torch import Tensor


@dataclass(frozen=True, slots=True)
class LastAnswer:
    """The frame before the present one. Never changed in place.

    Attributes:
        picture: (B, 1, h, w), as `nn.block_motion.small_picture` makes it.
        chances: (B, K, h, w) in 0..1, the mean probability of each class in each cell.
    """

    picture: Tensor
    chances: Tensor

    def detach(self) -> Self:
        """The same, cut from the graph."""
        return type(self)(self.picture.detach(), self.chances.detach())
