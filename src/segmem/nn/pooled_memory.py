"""Memory for a network with a fine embedding: it looks back on a pooled grid and says where the object is."""

import torch
from einops import rearrange
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.core import Settings
from segmem.memory import Memory
from segmem.nn.memory_attention import MemoryAttention, MemoryAttentionSettings, TemporalCode, pooled
from segmem.nn.memory_encoder import MASK_STRIDE, MemoryEncoder, MemoryEncoderSettings
from segmem.nn.residual_memory import look_straight_back

NOWHERE = -2.0  # logit with which the coarse mask begins: an untrained memory finds nothing


class PooledMemorySettings(Settings):
    """Size of the memory."""

    attention: MemoryAttentionSettings = MemoryAttentionSettings(
        width=128, memory_width=64, layers=2, ffn=512
    )
    """Memory attention."""
    pool: int = Field(default=2, ge=1)
    """The embedding is averaged pool x pool before it looks back and is remembered."""
    memory_pool: int = Field(default=2, ge=1)
    """Memory tokens are averaged once more."""
    codes: int = 7
    """Temporal codes: one for each recent frame by rank and one for prompted frames."""


class PooledMemory(nn.Module):
    """Memory attention and memory encoder beside an embedding of C channels.

    What memory says comes back twice: as a residual to the embedding, through a projection that starts at zero, and as
    a coarse mask of where the object is, which a network that was trained with boxes can be prompted with.

    Args:
        channels: C of the embedding.
        settings: of the memory.
    """

    def __init__(self, channels: int, settings: PooledMemorySettings) -> None:
        super().__init__()
        attention = settings.attention
        self.pool, self.memory_pool = settings.pool, settings.memory_pool
        self.project = nn.Conv2d(channels, attention.width, 1)
        self.memory_attention = MemoryAttention(attention)
        self.temporal_code = TemporalCode(settings.codes, attention.memory_width)
        self.back = nn.Conv2d(attention.width, channels, 1)
        for parameter in self.back.parameters():
            nn.init.zeros_(parameter)
        self.where = nn.Conv2d(attention.width, 1, 1)
        weight, bias = self.where.parameters()
        nn.init.zeros_(weight)
        nn.init.constant_(bias, NOWHERE)
        self.memory_encoder = MemoryEncoder(
            MemoryEncoderSettings(width=attention.width, memory_width=attention.memory_width)
        )
        look_straight_back(self.memory_attention)

    def attend(self, top: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """The embedding (R, C, h, w) that has looked back, and coarse mask logits (R, 1, h / pool, w / pool).

        Args:
            top: (B, C, h, w) of B images on which R objects are looked for, R a multiple of B.
            memory: a row an object; each row holds something.
        """
        small = self._pooled(top)
        grid = (small.shape[-2], small.shape[-1])
        tokens = rearrange(self.project(small), "b c h w -> b (h w) c")
        position = self.memory_attention.memory_position(grid, self.memory_pool)
        code = position.to(tokens) + self.temporal_code(memory)
        visible = memory.valid.repeat_interleave(memory.tokens.shape[2], dim=1)
        seen = self.memory_attention(
            tokens,
            rearrange(memory.tokens.to(tokens.dtype), "r n l c -> r (n l) c"),
            rearrange(code.to(tokens.dtype), "r n l c -> r (n l) c"),
            grid,
            self.memory_pool,
            mask=None if bool(visible.all()) else visible,
        )
        looked = rearrange(seen, "r (h w) c -> r c h w", h=grid[0])
        update = F.interpolate(self.back(looked), top.shape[-2:], mode="bilinear", align_corners=False)
        rows = top.repeat_interleave(len(update) // len(top), dim=0)
        return rows + update.to(rows.dtype), self.where(looked)

    def memorise(self, top: Tensor, mask: Tensor) -> Tensor:
        """Memory tokens (R, L, memory_width) of B embeddings and R masks of `mask_size`, -10 outside to 10 inside."""
        features = self.project(self._pooled(top))
        tokens = self.memory_encoder(features, mask.to(features.dtype))
        if self.memory_pool > 1:
            tokens = F.avg_pool2d(tokens, self.memory_pool, ceil_mode=True, count_include_pad=False)
        out: Tensor = rearrange(tokens, "r c h w -> r (h w) c")
        return out

    def mask_size(self, top: Tensor) -> tuple[int, int]:
        """(H, W) of the masks that `memorise` takes for an embedding (B, C, h, w)."""
        return top.shape[-2] // self.pool * MASK_STRIDE, top.shape[-1] // self.pool * MASK_STRIDE

    def numbers(self, top: Tensor) -> int:
        """How many numbers a frame's memory is, for an embedding (B, C, h, w)."""
        h, w = pooled((top.shape[-2] // self.pool, top.shape[-1] // self.pool), self.memory_pool)
        return h * w * self.memory_encoder.out_proj.out_channels

    def _pooled(self, top: Tensor) -> Tensor:
        return F.avg_pool2d(top, self.pool) if self.pool > 1 else top


def box_of(mask: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Boxes (R, 4) as (x0, y0, x1, y1) in pixels of `size` around what is above 0 in (R, 1, h, w), and whether
    there is anything (R,) bool; the box of nothing is the whole image."""
    inside = mask[:, 0] > 0
    there = inside.flatten(1).any(dim=1)
    edges = []
    for axis, length in ((1, size[1]), (2, size[0])):  # columns that hold some row, then rows
        some = inside.any(dim=axis)
        cells = some.shape[1]
        first = some.float().argmax(dim=1)
        last = cells - some.flip(1).float().argmax(dim=1)
        edges.append((first * length / cells, last * length / cells))
    (x0, x1), (y0, y1) = edges
    box = torch.stack([x0, y0, x1, y1], dim=1).float()
    everything = box.new_tensor([0, 0, size[1], size[0]])
    return torch.where(there[:, None], box, everything), there
