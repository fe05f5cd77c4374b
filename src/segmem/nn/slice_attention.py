"""Neighbouring slices of a scan look at each other, each cell at its own place."""

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.nn.memory_encoder import ChannelNorm


class SliceAttention(nn.Module):
    """Attention of each cell over the same place in a window of slices, beyond whose ends there is nothing.

    A residual whose last projection starts at zero.

    Args:
        width: C.
        reach: slices to either side.
        heads: of the attention.
    """

    def __init__(self, width: int, reach: int, heads: int) -> None:
        super().__init__()
        self.reach, self.heads = reach, heads
        self.norm = ChannelNorm(width)
        self.project = nn.Conv2d(width, 3 * width, 1)
        self.offset = nn.Parameter(torch.zeros(heads, 2 * reach + 1))
        self.back = nn.Conv2d(width, width, 1)
        for parameter in self.back.parameters():
            nn.init.zeros_(parameter)

    def forward(self, top: Tensor, slices: int) -> Tensor:
        """(B T, C, h, w) of B scans of T = `slices` slices each, one after another."""
        if slices == 1:
            mixed = self.project(self.norm(top)).chunk(3, dim=1)[2]
        else:
            mixed = self._mixed(self.project(self.norm(top)), slices)
        out: Tensor = top + self.back(mixed)
        return out

    def _mixed(self, projected: Tensor, slices: int) -> Tensor:
        h = projected.shape[-2]
        parts = rearrange(projected, "(b t) (p n d) h w -> p b t (h w) n d", t=slices, p=3, n=self.heads)
        query, keys, values = parts[0], self._windows(parts[1]), self._windows(parts[2])
        scores = torch.einsum("btlnd,btlnwd->btlnw", query, keys) * query.shape[-1] ** -0.5
        scores = scores.float() + self.offset
        scores = scores.masked_fill(self._outside(slices, scores.device)[:, None, None], -torch.inf)
        weight = scores.softmax(dim=-1).to(values.dtype)
        seen = torch.einsum("btlnw,btlnwd->btlnd", weight, values)
        return rearrange(seen, "b t (h w) n d -> (b t) (n d) h w", h=h)

    def _windows(self, x: Tensor) -> Tensor:
        """(B, T, L, n, W, d): the slices around each, from (B, T, L, n, d); zeros beyond the ends."""
        count = x.shape[1]
        wide = F.pad(x, (0, 0, 0, 0, 0, 0, self.reach, self.reach))
        return torch.stack([wide[:, at : at + count] for at in range(2 * self.reach + 1)], dim=4)

    def _outside(self, slices: int, device: torch.device) -> Tensor:
        """(T, W) bool: which places of a slice's window lie beyond the scan."""
        place = torch.arange(slices, device=device)[:, None] + torch.arange(
            -self.reach, self.reach + 1, device=device
        )
        return (place < 0) | (place >= slices)


def with_neighbours(frames: Tensor, slices: int) -> Tensor:
    """Grey (B T, 3, H, W) with the slice before as first and the one after as third channel; at the ends itself."""
    clips = rearrange(frames, "(b t) c h w -> b t c h w", t=slices)
    before = torch.cat([clips[:, :1, 0], clips[:, :-1, 0]], dim=1)
    after = torch.cat([clips[:, 1:, 2], clips[:, -1:, 2]], dim=1)
    return rearrange(torch.stack([before, clips[:, :, 1], after], dim=2), "b t c h w -> (b t) c h w")
