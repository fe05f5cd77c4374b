"""SAM 2 and 2.1: every part under its published name, each callable alone."""

from collections.abc import Iterator
from typing import Literal

import torch
from einops import rearrange
from torch import Tensor, nn

from segmem.core import Features, Settings
from segmem.memory import Memory
from segmem.nn.hiera import HieraSettings
from segmem.nn.image_encoder import ImageEncoder
from segmem.nn.lite_encoder import LiteEncoder
from segmem.nn.mask_decoder import MaskDecoder, MaskDecoderSettings, choose
from segmem.nn.memory_attention import MemoryAttention, MemoryAttentionSettings, seen_tokens
from segmem.nn.memory_encoder import MASK_STRIDE, MemoryEncoder, MemoryEncoderSettings
from segmem.nn.perceptron import Perceptron
from segmem.nn.positions import sine_line
from segmem.nn.prompt_encoder import PromptEncoder
from segmem.nn.promptable import ABSENT, ObjectMasks
from segmem.nn.temporal_adapter import Passage

PADDING = -1  # label of a point that says nothing


class Sam2NetworkSettings(Settings):
    """Size and version of a SAM2 network; the defaults are SAM 2.1 tiny."""

    trunk: Literal["hiera", "lite0"] = "hiera"
    """hiera: SAM2's own. lite0: EfficientNet-Lite0 with a feature pyramid, as LAPG has it."""
    imagenet: bool = False
    """Begin lite0 with ImageNet weights from its registry package."""
    encoder: HieraSettings = HieraSettings()
    """Size of Hiera."""
    attention: MemoryAttentionSettings = MemoryAttentionSettings()
    """Memory attention; its width is the whole network's."""
    decoder: MaskDecoderSettings = MaskDecoderSettings()
    """The mask decoder."""
    codes: int = 7
    """Temporal codes: one for each recent frame by rank and one for prompted frames (SAM2's num_maskmem)."""
    pointer_time: bool = True
    """Object pointers carry when they were made (2.1)."""
    absent_code: bool = True
    """Memories of frames without the object are marked (2.1)."""


class Sam2Network(nn.Module):
    """Image encoder, memory attention, prompt encoder, mask decoder and memory encoder (SAM2, section 4).

    Args:
        settings: size and version.
    """

    def __init__(self, settings: Sam2NetworkSettings) -> None:
        super().__init__()
        width, memory_width = settings.attention.width, settings.attention.memory_width
        self.settings = settings
        self.reads_masks = self.mends = True
        self.image_encoder: ImageEncoder | LiteEncoder
        if settings.trunk == "lite0":
            self.image_encoder = LiteEncoder(settings.imagenet, width)
        else:
            self.image_encoder = ImageEncoder(settings.encoder, width)
        self.memory_attention = MemoryAttention(settings.attention)
        self.memory_encoder = MemoryEncoder(MemoryEncoderSettings(width=width, memory_width=memory_width))
        self.sam_prompt_encoder = PromptEncoder(width)
        self.sam_mask_decoder = MaskDecoder(settings.decoder)
        self.mask_downsample = nn.Conv2d(1, 1, 4, 4)
        self.obj_ptr_proj = Perceptron(width, width, width, 3)
        self.maskmem_tpos_enc = nn.Parameter(torch.zeros(settings.codes, 1, 1, memory_width))
        self.no_mem_embed = nn.Parameter(torch.zeros(1, 1, width))
        self.no_mem_pos_enc = nn.Parameter(torch.zeros(1, 1, width))  # published, never read
        self.no_obj_ptr = nn.Parameter(torch.zeros(1, width))
        learnt = [self.maskmem_tpos_enc, self.no_mem_embed, self.no_mem_pos_enc, self.no_obj_ptr]
        if settings.pointer_time:
            self.obj_ptr_tpos_proj = nn.Linear(width, memory_width)
        if settings.absent_code:
            self.no_obj_embed_spatial = nn.Parameter(torch.zeros(1, memory_width))
            learnt.append(self.no_obj_embed_spatial)
        for parameter in learnt:
            nn.init.trunc_normal_(parameter, std=0.02)

    def encode(self, frame: Tensor, passage: Passage | None = None) -> Features:
        """Features of (B, 3, H, W): `top` at stride 16, `skips` at 4 and 8 as the mask decoder takes them."""
        decoder = self.sam_mask_decoder
        fine, middle, top = self.image_encoder(frame, (decoder.conv_s0, decoder.conv_s1), passage)
        return Features(top, (fine, middle))

    def alone(self, top: Tensor) -> Tensor:
        """(B, C, h, w) of a frame that has nothing to look back at."""
        return top + rearrange(self.no_mem_embed, "1 1 c -> 1 c 1 1").to(top.dtype)

    def attend(self, top: Tensor, memory: Memory, pointers: Memory | None, horizon: int) -> Tensor:
        """(R, C, h, w) that have looked at memory; `top` is (B, C, h, w), R objects in all on B images.

        Args:
            memory: tokens of remembered frames, a row each object.
            pointers: its object pointers (R, N, 1, C).
            horizon: frames over which pointers reach back; their age is told as a share of it.
        """
        grid = (top.shape[-2], top.shape[-1])
        tokens = rearrange(top, "b c h w -> b (h w) c")
        position = self.memory_attention.memory_position(grid).to(tokens)
        code = position + self.maskmem_tpos_enc[memory.rank][..., 0, :].to(tokens.dtype)  # R N L C
        keys = [rearrange(memory.tokens.to(tokens.dtype), "r n l c -> r (n l) c")]
        codes = [rearrange(code, "r n l c -> r (n l) c")]
        seen = [memory.valid.repeat_interleave(memory.tokens.shape[2], dim=1)]
        placeless = 0
        if pointers is not None and pointers.valid.shape[1]:
            told, when = self._pointer_tokens(pointers, horizon)
            keys, codes = [*keys, told.to(tokens.dtype)], [*codes, when.to(tokens.dtype)]
            placeless = told.shape[1]
            seen.append(pointers.valid.repeat_interleave(placeless // pointers.valid.shape[1], dim=1))
        visible = torch.cat(seen, dim=1)
        mask = None if bool(visible.all()) else visible
        out = self.memory_attention(
            tokens, torch.cat(keys, dim=1), torch.cat(codes, dim=1), grid, mask=mask, placeless=placeless
        )
        looked: Tensor = rearrange(out, "r (h w) c -> r c h w", h=grid[0])
        return looked

    def look_at_cases(self, top: Tensor, memory: Memory, code: Tensor) -> Tensor:
        """(B, C, h, w) that have looked at entries of other cases, which carry `code` (memory_width,)."""
        grid = (top.shape[-2], top.shape[-1])
        tokens = rearrange(top, "b c h w -> b (h w) c")
        told = rearrange(memory.tokens.to(tokens.dtype), "b r l c -> b (r l) c")
        place = self.memory_attention.memory_position(grid).to(tokens) + code.to(tokens.dtype)
        visible = seen_tokens(memory)
        out = self.memory_attention(tokens, told, place.repeat(memory.tokens.shape[1], 1), grid, mask=visible)
        looked: Tensor = rearrange(out, "b (h w) c -> b c h w", h=grid[0])
        return looked

    def case_tokens(self, tokens: Tensor) -> Tensor:
        """All of them."""
        return tokens

    @property
    def case_widths(self) -> tuple[int, int, int]:
        """Channels of a memory token, of what has looked, and of the embedding."""
        width = self.settings.attention.width
        return self.settings.attention.memory_width, width, width

    def _pointer_tokens(self, pointers: Memory, horizon: int) -> tuple[Tensor, Tensor]:
        """(R, n, memory_width) tokens and codes: a pointer of C channels is cut into C / memory_width tokens."""
        width = self.settings.attention.memory_width
        tokens = rearrange(pointers.tokens, "r n 1 (p c) -> r (n p) c", c=width)
        if not self.settings.pointer_time:
            return tokens, torch.zeros_like(tokens)
        line = sine_line(pointers.age / max(horizon - 1, 1), self.settings.attention.width)
        when = self.obj_ptr_tpos_proj(line.to(tokens.device))
        return tokens, when.repeat_interleave(tokens.shape[1] // when.shape[1], dim=1)

    def decode(
        self,
        top: Tensor,
        skips: tuple[Tensor, ...],
        points: Tensor | None = None,
        mask: Tensor | None = None,
        multimask: bool = True,
    ) -> ObjectMasks:
        """Masks of R objects. In training those of an absent object are as decoded: they and their presence learn.

        Args:
            top: (R, C, h, w).
            skips: of B images, where R is a multiple of B.
            points: (R, P, 3) as (x, y, label) in pixels of the grid, labels as the prompt encoder has them.
            mask: (R, 1, 4h, 4w) logits of an earlier answer, or what `mask_prompt` makes of a mask.
            multimask: choose the best of three, for prompts that can mean several things.
        """
        grid = (top.shape[-2], top.shape[-1])
        nothing = top.new_tensor([[[0.0, 0.0, PADDING]]]).expand(top.shape[0], -1, -1)
        said = torch.cat([nothing if points is None else points.to(nothing), nothing], dim=1)
        encoder = self.sam_prompt_encoder
        size = (grid[0] * MASK_STRIDE, grid[1] * MASK_STRIDE)
        decoded = self.sam_mask_decoder(
            top,
            encoder.positions(grid),
            encoder.points(said[..., :2], said[..., 2].long(), size),
            encoder.no_mask(grid) if mask is None else encoder.mask(mask),
            skips,
        )
        chosen = choose(decoded, multimask)
        absent = (decoded.presence <= 0) & (not self.training)
        logits = chosen.logits.masked_fill(absent[:, None, None, None], ABSENT)
        return ObjectMasks(logits, chosen.quality, chosen.token, decoded.presence)

    def mask_prompt(self, mask: Tensor) -> Tensor:
        """(R, 1, 4h, 4w), as `decode` takes it, of masks (R, 1, H, W) in 0..1 on the model's grid."""
        out: Tensor = self.mask_downsample(mask)
        return out

    def pointer(self, token: Tensor, presence: Tensor) -> Tensor:
        """(R, C) object pointers; those of absent objects are all the same one."""
        there = (presence > 0)[:, None]
        return torch.where(there, self.obj_ptr_proj(token), self.no_obj_ptr.to(token.dtype))

    def memorise(self, top: Tensor, mask: Tensor, presence: Tensor) -> Tensor:
        """Memory tokens (R, h*w, memory_width) of B images and R masks (R, 1, 16h, 16w), -10 outside to 10 inside."""
        tokens: Tensor = rearrange(self.memory_encoder(top, mask.to(top.dtype)), "r c h w -> r (h w) c")
        if not self.settings.absent_code:
            return tokens
        absent = (presence <= 0)[:, None, None]
        return torch.where(absent, tokens + self.no_obj_embed_spatial.to(tokens.dtype), tokens)

    def memory_numbers(self, top: Tensor) -> int:
        """How many numbers a frame's memory of one object is, for features (B, C, h, w)."""
        return top.shape[-2] * top.shape[-1] * self.settings.attention.memory_width

    def memory_parameters(self) -> Iterator[nn.Parameter]:
        """Those of memory attention, memory encoder, object pointers and temporal codes."""
        for name, parameter in self.named_parameters():
            if name.startswith(("memory_", "obj_ptr_", "maskmem_", "no_mem_embed")):
                yield parameter

    def mask_size(self, top: Tensor) -> tuple[int, int]:
        """(H, W) of the masks that `memorise` takes for features (B, C, h, w)."""
        return top.shape[-2] * MASK_STRIDE, top.shape[-1] * MASK_STRIDE
