"""A block of Hiera: attention inside windows and a perceptron, a few windows at a time on a CPU."""

from collections.abc import Callable

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.nn.temporal_adapter import Passage, TemporalAdapter
from segmem.nn.windows import Windows

CPU_CELLS = 1024  # at a time on a CPU


class WindowAttention(nn.Module):
    """Multi-head attention inside windows; with `pool`, the queries are the maxima of 2 x 2 cells."""

    def __init__(self, dim_in: int, dim_out: int, heads: int, pool: bool) -> None:
        super().__init__()
        self.heads = heads
        self.pool = pool
        self.qkv = nn.Linear(dim_in, 3 * dim_out)
        self.proj = nn.Linear(dim_out, dim_out)

    def forward(self, x: Tensor, side: int = 0) -> Tensor:
        """(M, y, x, dim_out) from windows (M, y, x, dim_in), or half as high and wide with `pool`.

        Args:
            side: of windows to cut inside these, where those do not cover the grid exactly. Cells beyond it are
                zeros, as SAM2 was trained; they are projected once, not once each.
        """
        if not side:
            return self.proj(self._attend(self.qkv(x)))  # type: ignore[no-any-return]
        windows = Windows((x.shape[1], x.shape[2]), side)
        rows = self.qkv(F.pad(x.flatten(0, 2), (0, 0, 0, 1)))
        seen = _in_parts(
            lambda part: self._attend(rows.index_select(0, part.flatten()).view(*part.shape[:3], -1)),
            windows.rows(len(x), x.device),
        )
        return self.proj((windows.halved if self.pool else windows).join_filled(seen))  # type: ignore[no-any-return]

    def _attend(self, qkv: Tensor) -> Tensor:
        q, k, v = rearrange(qkv, "m y x (t c) -> t m y x c", t=3)
        if self.pool:
            q = halved(q)
        y = q.shape[1]
        q, k, v = (rearrange(part, "m y x (n d) -> m n (y x) d", n=self.heads) for part in (q, k, v))
        return rearrange(F.scaled_dot_product_attention(q, k, v), "m n (y x) d -> m y x (n d)", y=y)


class GeluPerceptron(nn.Module):
    """Two linear layers with GELU between them, four times as wide inside."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)])

    def forward(self, x: Tensor) -> Tensor:
        first, second = self.layers
        out: Tensor = second(F.gelu(first(x)))
        return out


class HieraBlock(nn.Module):
    """Attention and a perceptron, each a residual; the first block of a stage halves the grid, doubles channels.

    On a CPU windows go through a few at a time: what lies between is small enough to stay in its cache.
    With an `adapter` what attention finds passes it before it is added.
    """

    def __init__(self, dim_in: int, dim_out: int, heads: int, side: int, pool: bool) -> None:
        super().__init__()
        self.adapter: TemporalAdapter | None = None
        self.side = side
        self.norm1 = nn.LayerNorm(dim_in, eps=1e-6)
        self.attn = WindowAttention(dim_in, dim_out, heads, pool)
        self.norm2 = nn.LayerNorm(dim_out, eps=1e-6)
        self.mlp = GeluPerceptron(dim_out)
        if dim_in != dim_out:
            self.proj = nn.Linear(dim_in, dim_out)

    def forward(self, x: Tensor, windows: Windows, passage: Passage) -> tuple[Tensor, Windows]:
        """Cells and how they are cut now, from cells (M, y, x, C) and how they are cut."""
        own = Windows(windows.grid, self.side)
        if self.adapter is not None and self.adapter.time == "windows":
            return self._in_pairs(windows.join(x), own), (own.halved if self.attn.pool else own).whole
        after = own if own.filled == own else own.whole
        if after != windows:
            x = after.cut(windows.join(x))
        if self.adapter is not None:
            x = self._in_time(self.adapter, x, after, passage)
        elif after.side:
            x = _in_parts(lambda part: self._think(self._look(part, 0)), x)
        else:
            x = self._look(x, self.side)
            x = _in_parts(self._think, x.flatten(0, 2)).view(x.shape)
        return x, after.halved if self.attn.pool else after

    def _look(self, x: Tensor, side: int) -> Tensor:
        normed = self.norm1(x)
        out: Tensor = self._kept(x, normed) + self.attn(normed, side)
        return out

    def _kept(self, x: Tensor, normed: Tensor) -> Tensor:
        """What attention's answer is added to."""
        return halved(self.proj(normed)) if self.attn.pool else x

    def _in_time(self, adapter: TemporalAdapter, x: Tensor, cut: Windows, passage: Passage) -> Tensor:
        """The same with the adapter, which is given whole images, in the same parts."""
        parts = _parts(x) if cut.side else (x,)
        normed = [self.norm1(part) for part in parts]
        found = torch.cat([self.attn(part, 0 if cut.side else self.side) for part in normed])
        now = cut.halved if self.attn.pool else cut
        seen = torch.split(now.cut(adapter.through(now.join(found), passage)), [len(part) for part in parts])
        kept = (self._kept(part, n) for part, n in zip(parts, normed, strict=True))
        added = [old + new for old, new in zip(kept, seen, strict=True)]
        if cut.side:
            return torch.cat([self._think(part) for part in added])
        return _in_parts(self._think, added[0].flatten(0, 2)).view(added[0].shape)

    def _in_pairs(self, x: Tensor, own: Windows) -> Tensor:
        """(B, h, w, C) as the released code has it: the adapter takes each two windows for two frames.

        Windows are counted image by image, so each image must be there twice or their number be even.
        """
        assert self.adapter is not None  # noqa: S101  this form is asked for by its adapter
        normed = self.norm1(x)
        (h, w), (high, wide) = own.grid, own.filled.grid
        windows = own.filled.cut(F.pad(normed, (0, 0, 0, wide - w, 0, high - h)))
        now = own.filled.halved if self.attn.pool else own.filled
        found = now.join(self.adapter.in_pairs(self.attn(windows)))
        kept = self._kept(x, normed)
        return self._think(kept + found[:, : kept.shape[1], : kept.shape[2]])

    def _think(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.mlp(self.norm2(x))
        return out


def _in_parts(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """`function` of (M, ..., C), whose rows do not know of each other, CPU_CELLS cells at a time."""
    parts = _parts(x)
    return function(x) if len(parts) == 1 else torch.cat([function(part) for part in parts])


def _parts(x: Tensor) -> tuple[Tensor, ...]:
    cells = x.shape[1:-1].numel()
    if x.device.type != "cpu" or len(x) * cells <= CPU_CELLS:
        return (x,)
    return torch.split(x, max(1, CPU_CELLS // cells))


def halved(x: Tensor) -> Tensor:
    """(M, h/2, w/2, C): the maxima of 2 x 2 cells of (M, h, w, C)."""
    pooled = F.max_pool2d(rearrange(x, "m h w c -> m c h w"), 2)
    return rearrange(pooled, "m c h w -> m h w c")
