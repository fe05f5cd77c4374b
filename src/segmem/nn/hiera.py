"""Hiera, the image trunk of SAM2: four stages of blocks that look at windows, a few of them at the whole image."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.core import Settings
from segmem.core.errors import GeometryError
from segmem.nn.positions import Grid
from segmem.nn.temporal_adapter import Passage, TemporalAdapter, TemporalSettings, attach

STRIDE = 4  # pixels to a cell of the first stage
MULTIPLE = 32  # pixels to a cell of the last
CPU_CELLS = 1024  # at a time on a CPU


class HieraSettings(Settings):
    """Size of the trunk; the defaults are SAM2's tiny."""

    embed_dim: int = 96
    """Channels of the first stage; each later stage has twice as many."""
    heads: int = 1
    """Heads of attention in the first stage; each later stage has twice as many."""
    stages: tuple[int, int, int, int] = (1, 2, 7, 2)
    """Blocks in each stage."""
    global_blocks: tuple[int, ...] = (5, 7, 9)
    """Blocks that look at the whole image, counted from 0 over all stages."""
    windows: tuple[int, int, int, int] = (8, 4, 14, 7)
    """Cells along a window's side in each stage. A stage's first block still has the windows of the one before."""
    position_size: tuple[int, int] = (7, 7)
    """Cells (h, w) of the stored position code, which is stretched over the image."""

    @property
    def channels(self) -> tuple[int, int, int, int]:
        """Channels of each stage's output, fine to coarse."""
        first = self.embed_dim
        return (first, 2 * first, 4 * first, 8 * first)


HIERA_SIZES: dict[str, HieraSettings] = {
    "nano": HieraSettings(
        embed_dim=16, stages=(1, 1, 2, 1), global_blocks=(3,), windows=(8, 4, 4, 2), position_size=(4, 4)
    ),
    "tiny": HieraSettings(),
    "small": HieraSettings(stages=(1, 2, 11, 2), global_blocks=(7, 10, 13)),
    "base-plus": HieraSettings(
        embed_dim=112, heads=2, stages=(2, 3, 16, 3), global_blocks=(12, 16, 20), position_size=(14, 14)
    ),
    "large": HieraSettings(
        embed_dim=144, heads=2, stages=(2, 6, 36, 4), global_blocks=(23, 33, 43), windows=(8, 4, 16, 8)
    ),
}
"""SAM2's four trunks, and one for tests."""


class Windows(NamedTuple):
    """How a grid is cut into windows of `side` cells; side 0 leaves it whole, as one window.

    Cells are kept as (M, y, x, C): M windows of y x x cells, the images of a batch one after another.
    """

    grid: Grid
    side: int

    @property
    def whole(self) -> "Windows":
        """The same grid uncut."""
        return Windows(self.grid, 0)

    @property
    def halved(self) -> "Windows":
        """The same windows after pooling by two."""
        return Windows((self.grid[0] // 2, self.grid[1] // 2), self.side // 2)

    @property
    def filled(self) -> "Windows":
        """The same windows on the grid they cover, which may reach beyond."""
        if not self.side:
            return self
        h, w = self.grid
        return Windows((h + -h % self.side, w + -w % self.side), self.side)

    def cut(self, x: Tensor) -> Tensor:
        """Windows of a whole grid (B, h, w, C) that they cover exactly."""
        if not self.side:
            return x
        return rearrange(x, "b (Y y) (X x) c -> (b Y X) y x c", y=self.side, x=self.side)

    def join(self, x: Tensor) -> Tensor:
        """The whole grid (B, h, w, C) of windows that cover it exactly."""
        if not self.side:
            return x
        down, across = (length // self.side for length in self.grid)
        return rearrange(x, "(b Y X) y x c -> b (Y y) (X x) c", Y=down, X=across)

    def rows(self, batch: int, device: torch.device) -> Tensor:
        """(M, y, x, 1) the row of each cell where B grids are (B h w + 1, C); the last row is all beyond the grid."""
        (h, w), (high, wide) = self.grid, self.filled.grid
        beyond = batch * h * w
        places = torch.arange(beyond, device=device).view(-1, h, w)
        return self.filled.cut(F.pad(places, (0, wide - w, 0, high - h), value=beyond)[..., None])

    def join_filled(self, x: Tensor) -> Tensor:
        """The whole grid (B, h, w, C) of windows that may reach beyond it."""
        places = torch.arange(x.shape[:3].numel(), device=x.device).view(*x.shape[:3], 1)
        order = self.filled.join(places)[:, : self.grid[0], : self.grid[1]]
        return x.flatten(0, 2).index_select(0, order.flatten()).view(*order.shape[:3], -1)


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


class PatchEmbed(nn.Module):
    """Overlapping patches of 7 x 7 pixels, 4 apart."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, channels, 7, STRIDE, 3)

    def forward(self, image: Tensor) -> Tensor:
        """(B, h, w, C) from (B, 3, 4 h, 4 w)."""
        cells: Tensor = rearrange(
            self.proj(image.contiguous(memory_format=torch.channels_last)), "b c h w -> b h w c"
        )
        return cells


class Hiera(nn.Module):
    """The trunk (Ryali et al. 2023; windowed positions of Bolya et al. 2023), under SAM2's parameter names."""

    def __init__(self, settings: HieraSettings) -> None:
        super().__init__()
        width, side = settings.embed_dim, settings.windows[0]
        self.pos_embed = nn.Parameter(torch.zeros(1, width, *settings.position_size))
        self.pos_embed_window = nn.Parameter(torch.zeros(1, width, side, side))
        self.size = settings.position_size
        self.patch_embed = PatchEmbed(width)
        self.blocks = nn.ModuleList(_blocks(settings))
        self.paired = False
        self.ends = tuple(sum(settings.stages[: i + 1]) - 1 for i in range(4))

    def adapt(self, settings: TemporalSettings) -> None:
        """Put temporal adapters into the blocks; they start as if they were not there."""
        blocks = [block for block in self.blocks if isinstance(block, HieraBlock)]
        attach(blocks, [block.attn.proj.out_features for block in blocks], settings)
        self.paired = settings.time == "windows"

    def forward(self, image: Tensor, passage: Passage | None = None) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Four stages of (B, 3, H, W): (B, C, H/4, W/4), (B, 2C, H/8, W/8), .. /16, .. /32, channels last in memory.

        Args:
            image: of frames that belong together as `passage` says; None: each is alone.
            passage: what adapters saw before, and what they keep.

        Raises:
            GeometryError: H or W is not a multiple of 32.
        """
        h, w = image.shape[-2:]
        if h % MULTIPLE or w % MULTIPLE:
            raise GeometryError(
                f"The image is {h} x {w} pixels; height and width must be multiples of {MULTIPLE}."
                f" Pad it to {h + -h % MULTIPLE} x {w + -w % MULTIPLE}."
            )
        windows, passage = Windows((h // STRIDE, w // STRIDE), 0), passage or Passage()
        if self.paired:  # an image is seen beside itself, so that no other one is mixed into it
            image = image.repeat_interleave(2, dim=0)
        x = self.patch_embed(image)
        x = x + self.positions(windows.grid).to(x.dtype)
        outputs = []
        for index, block in enumerate(self.blocks):
            x, windows = block(x, windows, passage)
            if index in self.ends:
                outputs.append(rearrange(windows.join(x), "b h w c -> b c h w"))
        first, second, third, fourth = (out[::2] for out in outputs) if self.paired else outputs
        return first, second, third, fourth

    def positions(self, grid: Grid) -> Tensor:
        """(1, h, w, C): a code stretched over the image plus one that repeats from window to window."""
        down, across = (_stretch(old, new, self.pos_embed) for old, new in zip(self.size, grid, strict=True))
        whole = torch.einsum("yh,xw,chw->yxc", down, across, self.pos_embed[0])
        side = self.pos_embed_window.shape[-1]
        times = [-(-length // side) for length in grid]
        window = rearrange(self.pos_embed_window, "1 c h w -> h w c").tile(*times, 1)
        return (whole + window[: grid[0], : grid[1]])[None]


def _stretch(old: int, new: int, like: Tensor) -> Tensor:
    """(new, old) weights of bicubic stretching along one axis: two small products for one slow resize."""
    unit = torch.eye(old, dtype=like.dtype, device=like.device)
    return F.interpolate(unit[None, None], size=(new, old), mode="bicubic")[0, 0]


def _blocks(settings: HieraSettings) -> list[HieraBlock]:
    blocks: list[HieraBlock] = []
    width, heads, side = settings.embed_dim, settings.heads, settings.windows[0]
    for stage, count in enumerate(settings.stages):
        for place in range(count):
            pool = stage > 0 and place == 0
            grown, heads = (2 * width, 2 * heads) if pool else (width, heads)
            everywhere = len(blocks) in settings.global_blocks
            blocks.append(HieraBlock(width, grown, heads, 0 if everywhere else side, pool))
            width, side = grown, settings.windows[stage]
    return blocks


def halved(x: Tensor) -> Tensor:
    """(M, h/2, w/2, C): the maxima of 2 x 2 cells of (M, h, w, C)."""
    pooled = F.max_pool2d(rearrange(x, "m h w c -> m c h w"), 2)
    return rearrange(pooled, "m c h w -> m h w c")
