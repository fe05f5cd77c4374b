"""Memory for a network with a fine embedding: it looks back on a pooled grid and says where the object is."""

import torch
from einops import rearrange
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.core import Settings
from segmem.memory import Memory
from segmem.nn.coarse_mask import CoarseMask
from segmem.nn.matching import Matching
from segmem.nn.memory_attention import (
    MemoryAttention,
    MemoryAttentionSettings,
    TemporalCode,
    look_straight_back,
    pooled,
    seen_tokens,
)
from segmem.nn.memory_encoder import MASK_STRIDE, MemoryEncoder, MemoryEncoderSettings
from segmem.nn.positions import Grid

SURE = 10.0  # logit of a cell that a mask to be remembered holds wholly


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
    match_width: int = 64
    """Channels of the keys by which cells are found again."""
    head: int = 32
    """Channels of each of the two maps that the coarse mask is drawn from."""
    codes: int = 7
    """Temporal codes: one for each recent frame by rank and one for prompted frames."""


class PooledMemory(nn.Module):
    """Memory attention, memory encoder and matching beside an embedding of C channels.

    What memory says comes back twice: as a residual to the embedding, through a projection that starts at zero, and as
    a coarse mask of where the object is, which a network that was trained with boxes can be prompted with. The coarse
    mask begins as what matching finds; a head on attention's answer and on the embedding learns to correct it.

    A remembered frame is L tokens, each of memory_width numbers from SAM2's memory encoder and, for every cell that
    it stands for, the key that matching reads and the mask at the embedding's own resolution.

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
        self.match = Matching(channels, settings.match_width, settings.codes)
        self.where = CoarseMask(channels, attention.width, settings.head)
        self.trust = nn.Parameter(torch.ones(()))  # in the coarse mask, beside a decoder's
        self.memory_encoder = MemoryEncoder(
            MemoryEncoderSettings(width=attention.width, memory_width=attention.memory_width)
        )
        look_straight_back(self.memory_attention)

    def attend(self, top: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """The embedding (R, C, h, w) that has looked back, and coarse mask logits (R, 1, h, w).

        Args:
            top: (B, C, h, w) of B images on which R objects are looked for, R a multiple of B.
            memory: a row an object; each row holds something.
        """
        small = self._pooled(top)
        grid = (small.shape[-2], small.shape[-1])
        tokens, keys, masks = self._parts(memory.tokens, grid)
        visible = memory.valid.repeat_interleave(tokens.shape[2], dim=1)
        looked = self._looked(
            small, tokens, self.temporal_code(memory), None if bool(visible.all()) else visible
        )
        present = self.match.keys(small).repeat_interleave(len(keys) // len(small), dim=0)
        found = self.match(present, keys, masks, memory.rank, memory.valid, grid)
        update = F.interpolate(self.back(looked), top.shape[-2:], mode="bilinear", align_corners=False)
        rows = top.repeat_interleave(len(update) // len(top), dim=0)
        return rows + update.to(rows.dtype), self.where(top, looked, self._spread(found, grid))

    def look_at_cases(self, top: Tensor, memory: Memory, code: Tensor) -> Tensor:
        """(B, width, h / pool, w / pool): memory attention's answer of entries of other cases.

        Those have tokens alone. No cell is matched to another case's: its mask says nothing of where things are here.
        """
        return self._looked(self._pooled(top), memory.tokens, code, seen_tokens(memory))

    def case_tokens(self, tokens: Tensor) -> Tensor:
        """(R, L, memory_width): what `memorise` gave without what matching reads."""
        return tokens[..., : self.memory_encoder.out_proj.out_channels]

    def _looked(self, small: Tensor, tokens: Tensor, code: Tensor, visible: Tensor | None) -> Tensor:
        """(R, width, h / pool, w / pool): memory attention's answer; `code` goes with tokens (R, N, L, .)."""
        grid = (small.shape[-2], small.shape[-1])
        present = rearrange(self.project(small), "b c h w -> b (h w) c")
        position = self.memory_attention.memory_position(grid, self.memory_pool)
        placed = (position.to(present) + code).expand(*tokens.shape[:3], -1)
        seen = self.memory_attention(
            present,
            rearrange(tokens.to(present.dtype), "r n l c -> r (n l) c"),
            rearrange(placed.to(present.dtype), "r n l c -> r (n l) c"),
            grid,
            self.memory_pool,
            mask=visible,
        )
        looked: Tensor = rearrange(seen, "r (h w) c -> r c h w", h=grid[0])
        return looked

    def memorise(self, top: Tensor, mask: Tensor) -> Tensor:
        """Memory tokens (R, L, .) of B embeddings and R masks of `mask_size`, -10 outside to 10 inside.

        Raises:
            ValueError: the pooled grid is no multiple of `memory_pool`.
        """
        small = self._pooled(top)
        grid = (small.shape[-2], small.shape[-1])
        if grid[0] % self.memory_pool or grid[1] % self.memory_pool:
            raise ValueError(f"a grid of {grid[0]} x {grid[1]} cells is no multiple of {self.memory_pool}")
        encoded = self.memory_encoder(self.project(small), mask.to(small.dtype))
        tokens = rearrange(F.avg_pool2d(encoded, self.memory_pool), "r c h w -> r (h w) c")
        keys = self.match.keys(small).repeat_interleave(len(mask) // len(small), dim=0)
        fine = F.adaptive_avg_pool2d(
            (mask.float() + SURE) / (2 * SURE), (grid[0] * self.pool, grid[1] * self.pool)
        )
        inside = rearrange(fine, "r 1 (h s) (w t) -> r (h w) (s t)", s=self.pool, t=self.pool)
        matched = torch.cat([keys, inside], dim=-1)
        return torch.cat([tokens, self._gathered(matched, grid).to(tokens.dtype)], dim=-1)

    def mask_size(self, top: Tensor) -> tuple[int, int]:
        """(H, W) of the masks that `memorise` takes for an embedding (B, C, h, w)."""
        return top.shape[-2] // self.pool * MASK_STRIDE, top.shape[-1] // self.pool * MASK_STRIDE

    def numbers(self, top: Tensor) -> int:
        """How many numbers a frame's memory is, for an embedding (B, C, h, w)."""
        h, w = pooled((top.shape[-2] // self.pool, top.shape[-1] // self.pool), self.memory_pool)
        matched = self.match.key.out_channels + self.pool**2
        return h * w * (self.memory_encoder.out_proj.out_channels + self.memory_pool**2 * matched)

    def _parts(self, tokens: Tensor, grid: Grid) -> tuple[Tensor, Tensor, Tensor]:
        """What `memorise` put together: tokens (R, N, L, .), keys (R, N, h*w, .) and masks (R, N, h*w, .)."""
        width, key = self.memory_encoder.out_proj.out_channels, self.match.key.out_channels
        cells = rearrange(
            tokens[..., width:],
            "r n (h w) (p q c) -> r n (h p w q) c",
            h=grid[0] // self.memory_pool,
            p=self.memory_pool,
            q=self.memory_pool,
        )
        return tokens[..., :width], cells[..., :key], cells[..., key:]

    def _gathered(self, cells: Tensor, grid: Grid) -> Tensor:
        """(R, L, memory_pool^2 * C): what belongs to the cells (R, h*w, C) of each token."""
        p = self.memory_pool
        return rearrange(cells, "r (h p w q) c -> r (h w) (p q c)", h=grid[0] // p, p=p, q=p)

    def _spread(self, found: Tensor, grid: Grid) -> Tensor:
        """(R, 1, h * pool, w * pool): the parts of the cells (R, h*w, pool * pool), each in its place."""
        s = self.pool
        fine: Tensor = rearrange(found, "r (h w) (s t) -> r 1 (h s) (w t)", h=grid[0], s=s, t=s)
        return fine

    def _pooled(self, top: Tensor) -> Tensor:
        return F.avg_pool2d(top, self.pool) if self.pool > 1 else top
