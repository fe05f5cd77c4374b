"""LiteMedSAM that remembers: a frozen box-trained network, prompted by its own memory where no person prompts it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.core import Features
from segmem.memory import Memory
from segmem.nn.coarse_mask import box_of
from segmem.nn.litemedsam import STRIDE, LiteMedSam
from segmem.nn.pooled_memory import PooledMemory, PooledMemorySettings
from segmem.nn.promptable import ABSENT, BOX_CORNERS, ObjectMasks
from segmem.nn.temporal_adapter import Passage

ReadsMasks = bool | Literal["apart"]
MARGIN = 4.0  # pixels that a box of memory's is wider than the coarse mask, as people's boxes are


class LiteMedSamMemory(nn.Module):
    """LiteMedSAM's parts and a `PooledMemory`, called as SAM2's are.

    Where memory looks back, the last channel of `top` is the coarse mask it sees. It becomes the box that the mask
    decoder is prompted with, and its logits are added to the decoder's; where it is empty, the object is absent.

    Args:
        base: LiteMedSAM with its weights, published or trained on.
        settings: of the memory.
        reads_masks: whether the mask decoder was trained to start from an earlier answer, or from a coarse mask, beside
            points and boxes; LiteMedSAM's was not. `apart`: a copy of it was for coarse masks; boxes, points and
            corrections are answered by the one as published, anew.
    """

    def __init__(
        self, base: LiteMedSam, settings: PooledMemorySettings, reads_masks: ReadsMasks = False
    ) -> None:
        super().__init__()
        self.base = base
        self.reads_masks, self.mends = bool(reads_masks), reads_masks is True
        if reads_masks == "apart":
            base.read_masks_apart()
        self.memory = PooledMemory(base.width, settings)

    def encode(self, frame: Tensor, passage: Passage | None = None) -> Features:
        """Features of (B, 3, H, W): `top` is (B, C, H / 4, W / 4), and no skips."""
        return self.base.encode(frame, passage)

    def enter(self, frame: Tensor) -> Features:
        """What of frames (B, 3, H, W) is of each alone; see `LiteMedSam.enter`."""
        return self.base.enter(frame)

    def finish(self, entered: Features, passage: Passage | None = None) -> Features:
        """The features of frames that `enter` has seen."""
        return self.base.finish(entered, passage)

    def alone(self, top: Tensor) -> Tensor:
        """(B, C + 1, h, w): nothing is added, and no coarse mask is there."""
        return torch.cat([top, torch.full_like(top[:, :1], ABSENT)], dim=1)

    def attend(self, top: Tensor, memory: Memory, pointers: Memory | None, horizon: int) -> Tensor:
        """(R, C + 1, h, w) that have looked back, with the logits of the coarse mask."""
        del pointers, horizon
        looked, coarse = self.memory.attend(top, memory)
        return torch.cat([looked, coarse.to(looked.dtype)], dim=1)

    def look_at_cases(self, top: Tensor, memory: Memory, code: Tensor) -> Tensor:
        """(B, width, h', w') of memory attention alone; other cases have no part in matching."""
        return self.memory.look_at_cases(top, memory, code)

    def case_tokens(self, tokens: Tensor) -> Tensor:
        """Those of memory attention."""
        return self.memory.case_tokens(tokens)

    @property
    def case_widths(self) -> tuple[int, int, int]:
        """Channels of a memory token, of what has looked, and of the embedding."""
        attention = self.memory.memory_attention.settings
        return attention.memory_width, attention.width, self.base.width

    def decode(
        self,
        top: Tensor,
        skips: tuple[Tensor, ...] = (),
        points: Tensor | None = None,
        mask: Tensor | None = None,
        multimask: bool = True,
    ) -> ObjectMasks:
        """Masks (R, 1, 4h, 4w) of R objects: prompted by `points` (R, P, 3), else by the coarse mask's box."""
        del skips, multimask  # it has none, and was trained with the single mask
        looked, coarse = self.split(top)
        if points is not None or mask is not None:
            earlier = mask if self.reads_masks and points is not None else None
            return replace(self.base.decode(looked, points, earlier), coarse=coarse)
        size = (top.shape[-2] * STRIDE, top.shape[-1] * STRIDE)
        box, there = box_of(coarse.detach(), size)
        masks = self.base.decode(looked, corners(box, MARGIN, size))
        presence = torch.where(there, masks.presence, -masks.presence)
        seen = F.interpolate(coarse, masks.logits.shape[-2:], mode="bilinear", align_corners=False)
        logits = (masks.logits + self.memory.trust * seen).masked_fill(~there[:, None, None, None], ABSENT)
        return ObjectMasks(logits, masks.quality, masks.token, presence, coarse)

    def split(self, top: Tensor) -> tuple[Tensor, Tensor]:
        """The embedding and the coarse mask of what `attend` or `alone` gave, or `encode`, which has none."""
        looked, coarse = top[:, : self.base.width], top[:, self.base.width :]
        return looked, coarse if coarse.shape[1] else torch.full_like(top[:, :1], ABSENT)

    def mask_prompt(self, mask: Tensor) -> Tensor:
        """The mask: no decoder of it is asked for more."""
        return mask

    def pointer(self, token: Tensor, presence: Tensor) -> Tensor:
        """The token; without a policy for pointers it is not kept."""
        del presence
        return token

    def memorise(self, top: Tensor, mask: Tensor, presence: Tensor) -> Tensor:
        """Memory tokens (R, L, memory_width)."""
        del presence
        return self.memory.memorise(top, mask)

    def memory_numbers(self, top: Tensor) -> int:
        """How many numbers a frame's memory of one object is, for an embedding (B, C, h, w)."""
        return self.memory.numbers(top)

    def memory_parameters(self) -> Iterator[nn.Parameter]:
        """All but LiteMedSAM's own."""
        return self.memory.parameters()

    def mask_size(self, top: Tensor) -> tuple[int, int]:
        """(H, W) of the masks that `memorise` takes."""
        return self.memory.mask_size(top)


def corners(box: Tensor, margin: float, size: tuple[int, int]) -> Tensor:
    """Boxes (R, 4), made wider by `margin` pixels within an image of `size` (H, W), as points (R, 2, 3)."""
    wider = box + box.new_tensor([-margin, -margin, margin, margin])
    labels = box.new_tensor(BOX_CORNERS).expand(len(box), 2)
    within = torch.minimum(wider.clamp(min=0), box.new_tensor([size[1], size[0]] * 2))
    return torch.cat([within.view(-1, 2, 2), labels[..., None]], dim=2)
