"""What passes between the rooms of a segmenter.

Shape letters used throughout the package:
    B streams   T frames   C channels   H, W pixels   h, w feature cells
    K objects or classes   N memory slots   L tokens a slot   R slots read   D key size
"""

from __future__ import annotations  # torch is named here, not imported

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Features:
    """Image features. `top` is what memory reads and writes; `skips` is what else the decoder needs."""

    top: Tensor  # B C h w
    skips: tuple[Tensor, ...] = ()  # fine to coarse


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a person or a generator says about one frame. Any field may be absent."""

    boxes: Tensor | None = None  # B K 4, pixels, (x0, y0, x1, y1)
    points: Tensor | None = None  # B K P 3, pixels, (x, y, 1 inside | 0 outside)
    mask: Tensor | None = None  # B K H W, {0, 1}


@dataclass(frozen=True, slots=True)
class Prediction:
    """One frame's answer.

    Attributes:
        logits: (B, K, H, W); class 0 is background where the method is multi-class.
        score: (B,) in 0..1, the model's own estimate of how good the answer is.
    """

    logits: Tensor
    score: Tensor

    @property
    def labels(self) -> Tensor:
        """(B, H, W) uint8, the class of the highest logit."""
        return self.logits.max(dim=1).indices.byte()  # on a CPU ten times faster than argmax

    @property
    def probabilities(self) -> Tensor:
        """(B, K, H, W), softmax over classes."""
        return self.logits.softmax(dim=1)
