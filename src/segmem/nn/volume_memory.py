"""Memory of slices: memory attention and memory encoder for the masks of all classes at once."""

from collections.abc import Iterator

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.memory import Memory
from segmem.nn.class_masks import ClassMasks
from segmem.nn.memory_attention import (
    MemoryAttention,
    MemoryAttentionSettings,
    TemporalCode,
    look_straight_back,
)
from segmem.nn.memory_encoder import MemoryEncoder, MemoryEncoderSettings

PATCH = 4  # mask pixels to a cell, along a side


class VolumeMemory(nn.Module):
    """One row of memory a volume: a mask a class enters the memory encoder together, attention runs once a slice.

    What memory says is added to the features through a projection that starts at zero.

    Args:
        channels: C of the features.
        attention: size of memory attention.
        pool: each memory token stands for pool x pool cells.
        codes: temporal codes: one for each recent slice by rank and one for pinned ones.
        classes: of the foreground.
    """

    def __init__(
        self, channels: int, attention: MemoryAttentionSettings, pool: int, codes: int, classes: int
    ) -> None:
        super().__init__()
        self.pool = pool
        self.project = nn.Conv2d(channels, attention.width, 1)
        self.memory_attention = MemoryAttention(attention)
        self.temporal_code = TemporalCode(codes, attention.memory_width)
        self.back = nn.Conv2d(attention.width, channels, 1)
        for parameter in self.back.parameters():
            nn.init.zeros_(parameter)
        self.memory_encoder = MemoryEncoder(
            MemoryEncoderSettings(width=attention.width, memory_width=attention.memory_width),
            ClassMasks(classes, attention.width, PATCH),
        )
        look_straight_back(self.memory_attention)

    def attend(self, top: Tensor, memory: Memory | None) -> Tensor:
        """(B, C, h, w) that have looked back; rows with nothing to look at come back unchanged."""
        if memory is None or not bool(memory.valid.any()):
            return top
        grid = (top.shape[-2], top.shape[-1])
        inner = rearrange(self.project(top), "b c h w -> b (h w) c")
        code = self.memory_attention.memory_position(grid, self.pool).to(inner) + self.temporal_code(memory)
        some = memory.valid.any(dim=1)
        visible = memory.valid | ~some[:, None]  # a row with none sees all, so that no softmax is empty
        seen = self.memory_attention(
            inner,
            rearrange(memory.tokens.to(inner.dtype), "b r l c -> b (r l) c"),
            rearrange(code.to(inner.dtype), "b r l c -> b (r l) c"),
            grid,
            self.pool,
            None if bool(visible.all()) else visible.repeat_interleave(memory.tokens.shape[2], dim=1),
        )
        told = self.back(rearrange(seen, "b (h w) c -> b c h w", h=grid[0]))
        return torch.where(some[:, None, None, None], top + told, top)

    def memorise(self, top: Tensor, masks: Tensor) -> Tensor:
        """Memory tokens (B, L, memory_width) of features (B, C, h, w) and masks (B, K - 1, H, W) in 0..1."""
        size = (top.shape[-2] * PATCH, top.shape[-1] * PATCH)
        fitted = masks
        if tuple(masks.shape[-2:]) != size:
            fitted = F.interpolate(masks, size, mode="bilinear", align_corners=False)
        tokens = self.memory_encoder(self.project(top), fitted.to(top.dtype))
        if self.pool > 1:
            tokens = F.avg_pool2d(tokens, self.pool, ceil_mode=True, count_include_pad=False)
        out: Tensor = rearrange(tokens, "b c h w -> b (h w) c")
        return out

    def look_parameters(self) -> Iterator[nn.Parameter]:
        """Those that SAM2 has too."""
        parts = ("memory_attention.", "memory_encoder.")
        return (one for name, one in self.named_parameters() if name.startswith(parts))
