"""What the forward path asks of a promptable network, SAM2's or another, and what it answers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor, nn

from segmem.core import Features
from segmem.memory import Memory
from segmem.nn.temporal_adapter import Passage

BOX_CORNERS = (2.0, 3.0)  # labels of a box's two corners among points
ABSENT = -1024.0  # logit of every pixel of an object that is not in the frame


@dataclass(frozen=True, slots=True)
class ObjectMasks:
    """What a mask decoder says of R objects, a row each."""

    logits: Tensor  # R 1 4h 4w
    quality: Tensor  # R, predicted IoU
    token: Tensor  # R C, what an object pointer is made of
    presence: Tensor  # R, logits
    coarse: Tensor | None = None  # R 1 h w, logits of where memory alone sees the object


class PromptableNetwork(Protocol):
    """B images, R objects on them in all, a row each; (h, w) is the grid of the features."""

    reads_masks: bool
    """Whether it was taught to start from rough masks."""
    mends: bool
    """Whether it was taught to start from its own earlier answers."""

    def encode(self, frame: Tensor, passage: Passage | None = None) -> Features:
        """Features of (B, 3, H, W), of frames that belong together as `passage` says."""
        ...

    def alone(self, top: Tensor) -> Tensor:
        """(B, C, h, w) of a frame that has nothing to look back at."""
        ...

    def attend(self, top: Tensor, memory: Memory, pointers: Memory | None, horizon: int) -> Tensor:
        """(R, C, h, w) that have looked at memory."""
        ...

    def decode(
        self,
        top: Tensor,
        skips: tuple[Tensor, ...],
        points: Tensor | None = None,
        mask: Tensor | None = None,
        multimask: bool = True,
    ) -> ObjectMasks:
        """Masks of R objects from what `alone` or `attend` gave, points (R, P, 3) and an earlier answer's logits."""
        ...

    def mask_prompt(self, mask: Tensor) -> Tensor:
        """What `decode` takes for masks (R, 1, H, W) in 0..1 on the model's grid."""
        ...

    def pointer(self, token: Tensor, presence: Tensor) -> Tensor:
        """(R, C) object pointers."""
        ...

    def memorise(self, top: Tensor, mask: Tensor, presence: Tensor) -> Tensor:
        """Memory tokens (R, L, Cm) of R masks of `mask_size`, -10 outside to 10 inside."""
        ...

    def mask_size(self, top: Tensor) -> tuple[int, int]:
        """(H, W) of the masks that `memorise` takes."""
        ...

    def memory_numbers(self, top: Tensor) -> int:
        """How many numbers a frame's memory of one object is."""
        ...

    def memory_parameters(self) -> Iterator[nn.Parameter]:
        """Those that make the network remember."""
        ...
