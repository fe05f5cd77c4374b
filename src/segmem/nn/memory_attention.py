"""Memory attention of SAM2: features of the present look at features of the past."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.core import Settings
from segmem.memory import Memory
from segmem.nn.attention import Angles, RotaryAttention
from segmem.nn.positions import Grid, rotary_angles, sine_grid

LOCALITY = 3.0  # a cell one step away gets about a fifth of the weight


class MemoryAttentionSettings(Settings):
    """Size of the memory attention; the defaults are SAM2's."""

    width: int = 256
    """Channels of the features that look back."""
    memory_width: int = 64
    """Channels of a memory token."""
    layers: int = 4
    """How many layers."""
    ffn: int = 2048
    """Hidden width of the feed-forward part."""
    heads: int = 1
    """Attention heads."""


class MemoryAttentionLayer(nn.Module):
    """Self-attention, attention to memory, feed-forward; each normalised first (SAM2, section 4)."""

    def __init__(self, settings: MemoryAttentionSettings) -> None:
        super().__init__()
        d = settings.width
        self.self_attn = RotaryAttention(d, heads=settings.heads)
        self.cross_attn_image = RotaryAttention(d, settings.memory_width, settings.heads)
        self.linear1 = nn.Linear(d, settings.ffn)
        self.linear2 = nn.Linear(settings.ffn, d)
        self.norm1, self.norm2, self.norm3 = nn.LayerNorm(d), nn.LayerNorm(d), nn.LayerNorm(d)

    def look_around(self, x: Tensor, here: Angles) -> Tensor:
        """(B, h*w, width) after self-attention."""
        y = self.norm1(x)
        out: Tensor = x + self.self_attn(y, y, y, here, here)
        return out

    def look_back(self, x: Tensor, memory: "Remembered") -> Tensor:
        """(B, h*w, width) after attention to memory and the feed-forward part."""
        x = x + self.cross_attn_image(self.norm2(x), *memory)
        out: Tensor = x + self.linear2(F.relu(self.linear1(self.norm3(x))))
        return out


class Remembered(NamedTuple):
    """What every layer's attention to memory is given beside its queries."""

    keys: Tensor  # B M memory_width
    values: Tensor  # B M memory_width
    here: Angles
    there: Angles
    mask: Tensor | None
    unrotated: int


class MemoryAttention(nn.Module):
    """A stack of layers and a last norm, with SAM2's parameter names."""

    def __init__(self, settings: MemoryAttentionSettings) -> None:
        super().__init__()
        self.settings = settings
        self.layers: Sequence[MemoryAttentionLayer] = nn.ModuleList(  # type: ignore[assignment]
            MemoryAttentionLayer(settings) for _ in range(settings.layers)
        )
        self.norm = nn.LayerNorm(settings.width)

    def memory_position(self, grid: Grid, pool: int = 1) -> Tensor:
        """(L, memory_width), the sine code of each token of one remembered frame."""
        return sine_grid(pooled(grid, pool), self.settings.memory_width)

    def forward(
        self,
        tokens: Tensor,
        memory: Tensor,
        memory_position: Tensor,
        grid: Grid,
        pool: int = 1,
        mask: Tensor | None = None,
        placeless: int = 0,
    ) -> Tensor:
        """(B, h*w, width) that have looked at memory.

        Args:
            tokens: (B, h*w, width) of the present frame; or of 1 / k as many rows, where k objects with memories
                of their own look at one image. What does not depend on the object is then computed once.
            memory: (B, R*L + placeless, memory_width), R remembered frames of L tokens.
            memory_position: broadcast to memory; added to the keys only.
            grid: (h, w) of the tokens.
            pool: each memory token stands for pool x pool cells, L = ceil(h / pool) * ceil(w / pool).
            mask: (B, R*L + placeless) bool, True where a token may be seen; None sees all.
            placeless: how many tokens at the end have no place in the image (object pointers).
        """
        head = self.settings.width // self.settings.heads
        here = _on(tokens, rotary_angles(grid, head))
        there = _on(tokens, rotary_angles(pooled(grid, pool), head, pool))
        x = tokens + 0.1 * sine_grid(grid, self.settings.width).to(tokens)
        keys = memory + memory_position
        seen = None if mask is None else mask[:, None, None, :]
        remembered = Remembered(keys, memory, here, there, seen, placeless)
        for layer in self.layers:
            x = layer.look_around(x, here)
            if x.shape[0] != memory.shape[0]:
                x = x.repeat_interleave(memory.shape[0] // x.shape[0], dim=0)
            x = layer.look_back(x, remembered)
        out: Tensor = self.norm(x)
        return out


class TemporalCode(nn.Module):
    """A learnt code for how recent a memory is, by rank (SAM2's maskmem_tpos_enc)."""

    def __init__(self, capacity: int, memory_width: int) -> None:
        super().__init__()
        self.maskmem_tpos_enc = nn.Parameter(torch.zeros(capacity, 1, 1, memory_width))
        nn.init.trunc_normal_(self.maskmem_tpos_enc, std=0.02)

    def forward(self, memory: Memory) -> Tensor:
        """(B, R, 1, memory_width)."""
        rank = memory.rank.clamp(max=len(self.maskmem_tpos_enc) - 1)
        return rearrange(self.maskmem_tpos_enc[rank], "b r 1 1 c -> b r 1 c")


def seen_tokens(memory: Memory) -> Tensor | None:
    """(B, R*L) bool, which tokens may be seen; None: all. A row with none sees all, so that no softmax is empty."""
    if bool(memory.valid.all()):
        return None
    valid = memory.valid | ~memory.valid.any(dim=1, keepdim=True)
    return valid.repeat_interleave(memory.tokens.shape[2], dim=1)


def pooled(grid: Grid, pool: int) -> Grid:
    """(h, w) of a grid whose cells are pooled pool x pool; a rest counts as a cell."""
    return -(-grid[0] // pool), -(-grid[1] // pool)


def _on(like: Tensor, angles: Angles) -> Angles:
    return angles[0].to(like), angles[1].to(like)


def look_straight_back(attention: MemoryAttention) -> None:
    """Begin with queries and keys that differ by their place alone, so that each cell reads its own past.

    Equal biases, turned by rotary angles, match best where the places agree. Without it attention begins by
    averaging the whole memory, and a few hundred steps are not enough to learn where to look.
    """
    for layer in attention.modules():
        if isinstance(layer, MemoryAttentionLayer):
            nn.init.constant_(layer.cross_attn_image.q_proj.bias, LOCALITY)
            nn.init.constant_(layer.cross_attn_image.k_proj.bias, LOCALITY)
