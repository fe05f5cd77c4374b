"""Where each part of a picture was in the one before: block matching over few cells and short steps."""

import torch
from torch import Tensor
from torch.nn import functional as F

from segmem.nn.positions import Grid

CELLS = 12288  # most cells of a picture
REACH = (
    1  # cells that a part may have moved, down or across; twice that finds no more between frames of video
)
STAYING = (
    0.005  # difference that a part must lose by each cell of its way, or else it is taken to have stayed
)


def cell_side(size: Grid) -> int:
    """Pixels along a cell's side for a frame of so many pixels (H, W)."""
    side = 1
    while -(-size[0] // side) * -(-size[1] // side) > CELLS:
        side += 1
    return side


def small_picture(frame: Tensor) -> Tensor:
    """(B, 1, h, w), the mean of all channels in each cell, of frames (B, C, H, W) as networks take them, whose values
    deviate by about 1."""
    side, grey = cell_side((frame.shape[-2], frame.shape[-1])), frame.float().mean(dim=1, keepdim=True)
    return F.avg_pool2d(grey, side, ceil_mode=True, count_include_pad=False)


def block_motion(now: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
    """Where each cell was in the picture before, and how much it has changed on the way.

    It is the shift of at most `REACH` cells by which the cell and its eight neighbours differ least, in absolute value
    and in the mean.

    Args:
        now: (B, 1, h, w) as `small_picture` gives it.
        before: the same of the frame before.

    Returns:
        (B, 2, h, w) whole cells, down and across, from a cell to where it was; and (B, 1, h, w) that least difference.
    """
    h, w = now.shape[-2:]
    wide = 2 * REACH + 1
    around = F.pad(before, (REACH,) * 4, mode="replicate")
    apart = torch.cat(
        [(around[..., y : y + h, x : x + w] - now).abs() for y in range(wide) for x in range(wide)], dim=1
    )
    apart = _summed(apart) / _summed(torch.ones_like(now))
    place = torch.arange(wide * wide, device=now.device)
    way = torch.stack([place // wide, place % wide], dim=-1) - REACH
    least = (apart + STAYING * way.abs().sum(dim=-1)[:, None, None]).min(dim=1)
    change = apart.gather(1, least.indices[:, None])
    return way[least.indices].movedim(-1, 1), change


def brought(values: Tensor, shift: Tensor) -> Tensor:
    """Cells (B, K, h, w) of the frame before where they are now, with (B, 2, h, w) as `block_motion` gives it; beyond
    the edge it is as at the edge."""
    h, w = values.shape[-2:]
    row = (torch.arange(h, device=values.device)[:, None] + shift[:, 0]).clamp(0, h - 1)
    column = (torch.arange(w, device=values.device) + shift[:, 1]).clamp(0, w - 1)
    place = (row * w + column).flatten(1)[:, None].expand(-1, values.shape[1], -1)
    return values.flatten(2).gather(2, place).view_as(values)


def _summed(x: Tensor) -> Tensor:
    """Each cell (B, C, h, w) with its neighbours; beyond the edge there are none."""
    x = F.pad(x, (1, 1, 1, 1))
    x = x[..., :-2, :] + x[..., 1:-1, :] + x[..., 2:, :]
    return x[..., :-2] + x[..., 1:-1] + x[..., 2:]
