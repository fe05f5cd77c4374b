"""Plug memory into any feature map: fit it to memory attention, look back, and bring it back."""

from dataclasses import dataclass
from typing import Literal

import torch
from einops import rearrange
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.core import Settings
from segmem.core.errors import UsageError
from segmem.memory import Memory
from segmem.nn.channel_groups import cut, group_count, put_back
from segmem.nn.memory_attention import (
    MemoryAttention,
    MemoryAttentionLayer,
    MemoryAttentionSettings,
    TemporalCode,
)
from segmem.nn.memory_encoder import MASK_STRIDE, MemoryEncoder, MemoryEncoderSettings
from segmem.nn.positions import Grid

OPEN = 4.0  # the gate begins at the sigmoid of it: all but open
LOCALITY = 3.0  # a cell one step away gets about a fifth of the weight


class FeatureMemorySettings(Settings):
    """How memory is plugged into a feature map. Each is one difference between TMAM's paper, its code and ours."""

    attention: MemoryAttentionSettings = MemoryAttentionSettings(
        width=128, memory_width=64, layers=2, ffn=512
    )
    """Size of the memory attention."""
    channels: Literal["project", "groups"] = "project"
    """How C channels come to its width: a learnt 1x1 projection, or groups of channels, each looking back alone."""
    grid: int | None = Field(default=None, ge=1)
    """The feature is resized to grid x grid cells and back; none keeps its own grid, of any shape."""
    combine: Literal["add", "replace"] = "add"
    """What memory attention gives is added to the feature, from nothing at first, or put in its place."""
    mask: Literal["full", "coarse"] = "full"
    """What memory is told of a past frame's foreground: its map at 16 x the grid, or 16 x 16 pixels, which SAM2's
    mask downsampler turns into one number."""
    mask_values: Literal["scaled", "sigmoid"] = "scaled"
    """How: the probability p as 20 p - 10, as SAM2 does, or as sigmoid(p), which lies between .5 and .73."""
    classes: Literal["merged", "apart"] = "merged"
    """The foreground is remembered as one, or each class by a mask of its own, told apart by a learnt code."""
    recency: bool = True
    """Each memory is told apart by a learnt code of how recent it is."""
    straight: bool = True
    """Attention to memory begins by looking straight back, each cell at its own past."""
    gate: bool = True
    """The present frame's features decide how much of what memory says is taken."""
    floor: float = Field(default=0.0, ge=0, le=1)
    """The least share of it that is taken where the present frame is clear."""
    pool: int = Field(default=1, ge=1)
    """Memory tokens are averaged pool x pool."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A feature map that has looked at memory.

    Attributes:
        top: (B, C, h, w), what the decoder takes.
        inner: (B * G, width, grid) of what the memory encoder takes; None where it is made of `top`.
    """

    top: Tensor
    inner: Tensor | None = None


class FeatureMemory(nn.Module):
    """Memory attention and memory encoder around one feature map of C channels (TMAM, section 3).

    With the default settings the projection back starts at zero, so an untrained one returns its input exactly.
    Rows with nothing to look back at, as the first frames of a stream, come back unchanged with any.

    Args:
        channels: C of the feature map.
        settings: how it is plugged in.
        capacity: most frames read at once.
        classes: of foreground.
    """

    def __init__(
        self, channels: int, settings: FeatureMemorySettings, capacity: int, classes: int = 1
    ) -> None:
        super().__init__()
        self.settings = settings
        attention = settings.attention
        grouped = settings.channels == "groups"
        self.groups = group_count(channels, attention.width) if grouped else 1
        self.project = nn.Identity() if grouped else nn.Conv2d(channels, attention.width, 1)
        self.memory_attention = MemoryAttention(attention)
        self.temporal_code = TemporalCode(capacity, attention.memory_width) if settings.recency else None
        self.gate = _open_gate(channels) if settings.gate else None
        self.back = nn.Identity() if grouped else nn.Conv2d(attention.width, channels, 1)
        self.gain: nn.Parameter | None = None
        if settings.combine == "add":
            if grouped:
                self.gain = nn.Parameter(torch.zeros(channels, 1, 1))
            for parameter in self.back.parameters():
                nn.init.zeros_(parameter)
        if settings.straight:
            look_straight_back(self.memory_attention)
        self.memory_encoder = MemoryEncoder(
            MemoryEncoderSettings(width=attention.width, memory_width=attention.memory_width)
        )
        self.class_code: nn.Parameter | None = None
        if settings.classes == "apart":
            self.class_code = nn.Parameter(1 + 0.5 * torch.randn(classes, attention.width))

    def attend(self, top: Tensor, memory: Memory | None) -> Looked:
        """(B, C, h, w) that have looked at memory; rows with nothing to look at come back unchanged."""
        if memory is None:
            return Looked(top)
        some = memory.valid.any(dim=1)
        fitted = self._fitted(top)
        inner = self._narrow(fitted)
        seen = self._look_back(inner, memory, some)
        told = self._widened(seen, fitted, top)
        kept = self._taken(told, top) if self.settings.combine == "replace" else top + self._taken(told, top)
        row = some[:, None, None, None]
        out = torch.where(row, kept.to(top.dtype), top)
        if self.settings.combine == "add":
            return Looked(out)
        return Looked(
            out, torch.where(row.repeat_interleave(self.groups, dim=0), seen.to(inner.dtype), inner)
        )

    def _fitted(self, top: Tensor) -> Tensor:
        """(B, C, grid) of (B, C, h, w)."""
        side = self.settings.grid
        return top if side is None else resized(top, (side, side))

    def _narrow(self, fitted: Tensor) -> Tensor:
        """(B * G, width, grid) of (B, C, grid)."""
        if self.settings.channels == "groups":
            return cut(fitted, self.settings.attention.width)
        out: Tensor = self.project(fitted)
        return out

    def _look_back(self, inner: Tensor, memory: Memory, some: Tensor) -> Tensor:
        """(B * G, width, grid) after memory attention; `some` (B,) tells which rows have a memory."""
        grid = (inner.shape[-2], inner.shape[-1])
        pool, groups = self.settings.pool, self.groups
        code = self.memory_attention.memory_position(grid, pool).to(inner)
        if self.temporal_code is not None:
            code = code + self.temporal_code(memory)  # B R L C
        else:
            code = code.expand(memory.tokens.shape[0], memory.tokens.shape[1], -1, -1)
        seen = self.memory_attention(
            rearrange(inner, "b c h w -> b (h w) c"),
            rearrange(memory.tokens, "b r (g l) c -> (b g) (r l) c", g=groups).to(inner.dtype),
            rearrange(code.to(inner.dtype), "b r l c -> b (r l) c").repeat_interleave(groups, dim=0),
            grid,
            pool,
            self._mask(memory, some),
        )
        out: Tensor = rearrange(seen, "b (h w) c -> b c h w", h=grid[0])
        return out

    def _widened(self, seen: Tensor, fitted: Tensor, top: Tensor) -> Tensor:
        """(B, C, h, w) of (B * G, width, grid): what memory says of each channel, on the feature's own grid."""
        wide = put_back(seen, fitted) if self.settings.channels == "groups" else self.back(seen)
        return resized(wide, (top.shape[-2], top.shape[-1]))

    def _taken(self, told: Tensor, top: Tensor) -> Tensor:
        """What memory says in the share that the gate and a group's gain allow."""
        if self.gain is not None:
            told = self.gain * told
        if self.gate is None:
            return told
        share = self.openness(top)
        return share * told + (1 - share) * top if self.settings.combine == "replace" else share * told

    def openness(self, top: Tensor) -> Tensor:
        """(B, 1, 1, 1) in `floor`..1: how much of what memory says is taken by (B, C, h, w)."""
        share, floor = self.doubt(top).sigmoid(), self.settings.floor
        return (floor + (1 - floor) * share)[:, None, None, None]

    def doubt(self, top: Tensor) -> Tensor:
        """(B,) logits that a frame is spoilt, from mean and deviation of its (B, C, h, w) features alone."""
        told = torch.cat([top.mean(dim=(2, 3)), top.std(dim=(2, 3))], dim=1).float()
        if self.gate is None:
            return told.new_full((told.shape[0],), OPEN)
        with torch.autocast(top.device.type, enabled=False):
            logits: Tensor = self.gate(F.layer_norm(told, told.shape[1:]))
        return logits[:, 0]

    def _mask(self, memory: Memory, some: Tensor) -> Tensor | None:
        """(B * G, R*L), None where every slot is valid. A row with none sees all, so that no softmax is empty."""
        if bool(memory.valid.all()):
            return None
        valid = (memory.valid | ~some[:, None]).repeat_interleave(self.groups, dim=0)
        return valid.repeat_interleave(memory.tokens.shape[2] // self.groups, dim=1)

    def memorise(self, looked: Looked, foreground: Tensor) -> Tensor:
        """Memory tokens (B, L, memory_width) of a feature map and probabilities (B, K, H, W) of foreground classes."""
        inner = self._narrow(self._fitted(looked.top)) if looked.inner is None else looked.inner
        mask = self._told(foreground, (inner.shape[-2], inner.shape[-1])).to(inner.dtype)
        tokens = self.memory_encoder(inner, mask.repeat_interleave(self.groups, dim=0), self.class_code)
        if self.settings.pool > 1:
            tokens = F.avg_pool2d(tokens, self.settings.pool, ceil_mode=True, count_include_pad=False)
        out: Tensor = rearrange(tokens, "(b g) c h w -> b (g h w) c", g=self.groups)
        return out

    def _told(self, foreground: Tensor, grid: Grid) -> Tensor:
        """The mask downsampler's input, which takes it as it is: no second sigmoid (`sigmoid_scale_for_mem_enc`)."""
        if self.class_code is None:
            foreground = foreground.sum(dim=1, keepdim=True)
        elif foreground.shape[1] != len(self.class_code):
            count = len(self.class_code)
            raise UsageError(
                f"This memory keeps {count} classes apart; it was told of {foreground.shape[1]}."
            )
        coarse = self.settings.mask == "coarse"
        size = (MASK_STRIDE, MASK_STRIDE) if coarse else (grid[0] * MASK_STRIDE, grid[1] * MASK_STRIDE)
        fitted = resized(foreground, size)
        return fitted * 20 - 10 if self.settings.mask_values == "scaled" else fitted.sigmoid()


def resized(x: Tensor, size: Grid) -> Tensor:
    """(B, C, *size), bilinear; as it is where it has that size."""
    if tuple(x.shape[-2:]) == tuple(size):
        return x
    return F.interpolate(x, size, mode="bilinear", align_corners=False)


def _open_gate(channels: int) -> nn.Linear:
    gate = nn.Linear(2 * channels, 1)
    nn.init.zeros_(gate.weight)
    nn.init.constant_(gate.bias, OPEN)
    return gate


def look_straight_back(attention: MemoryAttention) -> None:
    """Begin with queries and keys that differ by their place alone, so that each cell reads its own past.

    Equal biases, turned by rotary angles, match best where the places agree. Without it attention begins by
    averaging the whole memory, and a few hundred steps are not enough to learn where to look.
    """
    for layer in attention.modules():
        if isinstance(layer, MemoryAttentionLayer):
            nn.init.constant_(layer.cross_attn_image.q_proj.bias, LOCALITY)
            nn.init.constant_(layer.cross_attn_image.k_proj.bias, LOCALITY)
