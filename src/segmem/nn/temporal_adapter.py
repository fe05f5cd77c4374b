"""A small convolution over neighbouring frames or slices, put into the blocks of an image encoder (SAMed-2)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import torch
from einops import rearrange
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.core import Settings

REACH = 2  # frames before the present one that a causal adapter sees
Past: TypeAlias = tuple[Tensor, ...]
"""What each adapter of an encoder keeps of a stream: its maps (B, 2, h, w, hidden) of the last two frames."""


class TemporalSettings(Settings):
    """The adapters of an encoder (SAMed-2, section 3.2)."""

    hidden: int = Field(default=32, ge=1)
    """Channels of the convolution."""
    time: Literal["causal", "symmetric", "windows"] = "causal"
    """A frame sees the two before it (video); or the slices on both sides (volumes). `windows` is the released code:
    neighbouring windows of one image are taken for two frames."""
    last: int | None = Field(default=None, ge=1)
    """Only so many blocks at the end carry one; none: all of them. What comes before is of each frame alone, so it can
    be computed once and kept while the adapters learn."""
    place: Literal["blocks", "embedding"] = "blocks"
    """embedding: a single one stands after the last block, on what the encoder gives. It costs next to nothing to
    train, and is of LiteMedSAM's encoder. What it adds is said in the size of what it is added to, each frame's root
    mean square: an embedding of LiteMedSAM's is about .1, which the adapter's first steps would else drown."""


@dataclass(slots=True)
class Passage:
    """T frames of each stream on their way through an encoder.

    Attributes:
        length: T; images are (B * T) with time running fastest.
        before: what the adapters kept of the frames before these; empty at a stream's beginning.
        after: what they keep of these, in the order in which they are come to.
    """

    length: int = 1
    before: Past = ()
    after: list[Tensor] = field(default_factory=list)

    def earlier(self) -> Tensor | None:
        """What the adapter that is come to next kept."""
        return self.before[len(self.after)] if self.before else None


class TemporalAdapter(nn.Module):
    """x + up(GELU(conv(down(norm(x))))), the convolution 3 x 3 x 3 over time, rows and columns (equations 1 and 2).

    `up` starts at zero, so an untrained adapter gives back what it gets. Beyond a stream's ends, and beyond the
    image, the convolution sees zeros. Parameter names are the released ones.

    Args:
        width: C of the cells.
        settings: of the encoder's adapters.
    """

    def __init__(self, width: int, settings: TemporalSettings) -> None:
        super().__init__()
        hidden = settings.hidden
        self.time = settings.time
        self.relative = settings.place == "embedding"
        self.norm = nn.LayerNorm(width)
        self.linear_down = nn.Linear(width, hidden)
        self.conv = nn.Conv3d(hidden, hidden, 3, padding=(0, 1, 1))
        self.linear_up = nn.Linear(hidden, width)
        nn.init.zeros_(self.linear_up.weight)
        nn.init.zeros_(self.linear_up.bias)

    def forward(self, x: Tensor, past: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Cells (B, T, h, w, C) that have seen their neighbours in time, and what is kept for the next T.

        Args:
            x: T frames in order.
            past: (B, 2, h, w, hidden), what a causal adapter kept of the frames before; None: there were none.
        """
        down: Tensor = self.linear_down(self.norm(x))
        if self.time == "causal":
            past = down.new_zeros(len(down), REACH, *down.shape[2:]) if past is None else past.to(down)
            seen = torch.cat([past, down], dim=1)
        else:
            seen = F.pad(down, (0, 0, 0, 0, 0, 0, 1, 1))
        mixed = rearrange(self.conv(rearrange(seen, "b t h w c -> b c t h w")), "b c t h w -> b t h w c")
        added = self.linear_up(F.gelu(mixed))
        if self.relative:
            added = added * x.float().square().mean(dim=(2, 3, 4), keepdim=True).sqrt().to(added)
        return x + added, seen[:, -REACH:]

    def through(self, x: Tensor, passage: Passage) -> Tensor:
        """The same of images (B * T, h, w, C) on a passage, which keeps what belongs to the next."""
        each = rearrange(x, "(b t) h w c -> b t h w c", t=passage.length)
        out, kept = self.forward(each, passage.earlier())
        if self.time == "causal":
            passage.after.append(kept)
        return rearrange(out, "b t h w c -> (b t) h w c")

    def in_pairs(self, windows: Tensor) -> Tensor:
        """The released form: windows (M, y, x, C), M even, of which each two are taken for two frames."""
        out, _ = self.forward(rearrange(windows, "(m t) y x c -> m t y x c", t=2))
        return rearrange(out, "m t y x c -> (m t) y x c")


def around(encoder: nn.Module) -> tuple[int, int] | None:
    """How many frames before a frame, and after it, its adapters look at together; None where it has none."""
    times = [part.time for part in encoder.modules() if isinstance(part, TemporalAdapter)]
    if not times:
        return None
    return (REACH * len(times), 0) if times[0] == "causal" else (len(times), len(times))


def attach(blocks: Sequence[nn.Module], widths: Sequence[int], settings: TemporalSettings) -> None:
    """Give the blocks, each of its width, an `adapter`; with `settings.last`, the last ones alone."""
    for block, width in list(zip(blocks, widths, strict=True))[-(settings.last or 0) :]:
        block.adapter = TemporalAdapter(width, settings)
