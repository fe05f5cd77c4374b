"""A camera that turns: how far the view has moved since a remembered frame, and what it showed put where it is now."""

import torch
from einops import rearrange
from torch import Tensor
from torch.nn import functional as F

from segmem.nn.positions import Grid

LEAST_SHARED = 0.25  # of the view, that a remembered frame must have in common with it
CHANNELS = 16  # of the keys that are compared: on real video they find the same shifts as all 64
STAYING = 0.05  # mean cosine that a view must gain by having moved, or else it is taken to have stayed


@torch.no_grad()
def view_shift(present: Tensor, keys: Tensor, grid: Grid) -> Tensor:
    """(B, N, 2) whole cells, down and across, by which the view has moved since each of N remembered frames.

    It is the shift at which the cells that both frames show are most alike, in the mean: their cross-correlation, found
    for all shifts at once in the frequency domain, over how many cells both show.

    Args:
        present: (B, h*w, C) keys of the present frame.
        keys: (B, N, h*w, C) those of the remembered frames.
        grid: (h, w).
    """
    h, w = grid
    size = (2 * h, 2 * w)  # so that what leaves on one side does not come in on the other
    now = torch.fft.rfft2(rearrange(_few(present), "b (h w) c -> b 1 c h w", h=h), s=size)
    past = torch.fft.rfft2(rearrange(_few(keys), "b n (h w) c -> b n c h w", h=h), s=size)
    alike = torch.fft.irfft2((now * past.conj()).sum(dim=2), s=size)
    down, across = (_signed(cells, alike.device) for cells in grid)
    shared = (h - down.abs())[:, None] * (w - across.abs())
    score = torch.where(shared >= LEAST_SHARED * h * w, alike / shared.clamp(min=1), -1.0)
    score[..., 0, 0] += STAYING
    best = score.flatten(2).argmax(dim=-1)
    return torch.stack([down[best // (2 * w)], across[best % (2 * w)]], dim=-1)


def moved(kept: Tensor, shift: Tensor, grid: Grid) -> tuple[Tensor, Tensor]:
    """What was kept of remembered frames, each cell where what it showed is now.

    Args:
        kept: (B, N, h*w, S).
        shift: (B, N, 2), as `view_shift` gave it.
        grid: (h, w).

    Returns:
        (B, N, h*w, S), zero in cells that were out of view, and (B, N, h*w) bool, which were not.
    """
    h, w = grid
    y = torch.arange(h, device=kept.device)[:, None] - shift[..., 0, None, None]
    x = torch.arange(w, device=kept.device) - shift[..., 1, None, None]
    seen = ((y >= 0) & (y < h) & (x >= 0) & (x < w)).flatten(2)
    source = (y.clamp(0, h - 1) * w + x.clamp(0, w - 1)).flatten(2)
    there = kept.gather(2, source[..., None].expand_as(kept))
    return there * seen[..., None], seen


def _few(keys: Tensor) -> Tensor:
    """Keys (..., C) of no more than CHANNELS channels, of length 1."""
    return F.normalize(keys[..., :: -(-keys.shape[-1] // CHANNELS)].float(), dim=-1)


def _signed(cells: int, device: torch.device) -> Tensor:
    """(2 * cells,) the shift that each place of a circular correlation stands for; -cells shares nothing."""
    place = torch.arange(2 * cells, device=device)
    return torch.where(place < cells, place, place - 2 * cells)
