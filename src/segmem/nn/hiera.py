"""Hiera, the image trunk of SAM2: four stages of blocks that look at windows, a few of them at the whole image."""

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.core import Settings
from segmem.core.errors import GeometryError
from segmem.nn.hiera_block import HieraBlock
from segmem.nn.positions import Grid
from segmem.nn.temporal_adapter import Passage, TemporalSettings, attach
from segmem.nn.windows import Windows

STRIDE = 4  # pixels to a cell of the first stage
MULTIPLE = 32  # pixels to a cell of the last


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
