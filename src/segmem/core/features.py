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
    """Image features. `top` is what memory reads and writes; `skips` is what else the decoder needs; `picture` is the
    frame in small cells, where a method asks what has changed since the last one."""

    top: Tensor  # B C h w
    skips: tuple[Tensor, ...] = ()  # fine to coarse
    picture: Tensor | None = None  # B 1 h w


@dataclass(frozen=True, slots=True)
class Prediction:
    """One frame's answer.

    Attributes:
        logits: (B, K, H, W); channel 0 is background. Prompted methods give a channel an object after it, and
            background is 0, so that an object's probability alone is the sigmoid of its logit.
        score: (B,) in 0..1, the model's own estimate of how good the answer is.
        objects: ids of channels 1 and on where they are prompted objects; empty where channels are classes.
        quality: (B, K - 1) in 0..1, predicted IoU of each object, or class, for methods that predict it.
        coarse: (B, K - 1, h, w) logits of where memory alone, or a prompt generator, says they are, for methods that
            ask it.
        presence: (B, K - 1) logits of whether each object is on the frame, of prompted methods.
    """

    logits: Tensor
    score: Tensor
    objects: tuple[int, ...] = ()
    quality: Tensor | None = None
    coarse: Tensor | None = None
    presence: Tensor | None = None

    @property
    def labels(self) -> Tensor:
        """(B, H, W) uint8, the class, or the id of the object, of the highest logit."""
        channel = self.logits.max(dim=1).indices  # on a CPU ten times faster than argmax
        if not self.objects:
            return channel.byte()
        return channel.new_tensor((0, *self.objects))[channel].byte()

    @property
    def probabilities(self) -> Tensor:
        """(B, K, H, W), softmax over channels."""
        return self.logits.softmax(dim=1)
