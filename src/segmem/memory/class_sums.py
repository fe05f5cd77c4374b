"""What a stream has shown of each class: how much, what it looks like in the mean, and how its features vary."""

from dataclasses import dataclass
from typing import Self

from torch import Tensor


@dataclass(frozen=True, slots=True)
class ClassSums:
    """Sums over what a stream remembers, as large after a hundred thousand frames as after one. Never changed in place.

    Attributes:
        number: (B, K) cells of each class.
        first: (B, K, C) their features, summed.
        second: (B, C, C) the products of their features, summed over all classes.
    """

    number: Tensor
    first: Tensor
    second: Tensor

    def after(self, before: Self | None, keep: float) -> Self:
        """These and what came before them, of which `keep` in 0..1 is left."""
        if before is None:
            return self
        return type(self)(
            keep * before.number + self.number,
            keep * before.first + self.first,
            keep * before.second + self.second,
        )

    def detach(self) -> Self:
        """The same, cut from the graph."""
        return type(self)(self.number.detach(), self.first.detach(), self.second.detach())
