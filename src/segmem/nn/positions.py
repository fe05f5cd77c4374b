"""Where a cell is: sine codes and rotary angles of an explicit (h, w) grid."""

import math
from functools import lru_cache

import torch
from torch import Tensor

Grid = tuple[int, int]


@lru_cache(maxsize=32)
def sine_grid(grid: Grid, channels: int, temperature: float = 10000.0) -> Tensor:
    """Sine position code (h*w, channels), rows first, normalised to 0..2 pi (DETR; SAM2's memory positions)."""
    with torch.inference_mode(False):
        half = channels // 2
        rate = temperature ** (2 * (torch.arange(half) // 2) / half)
        codes = []
        for length in grid:
            place = torch.arange(1, length + 1) / (length + 1e-6) * 2 * math.pi
            angle = place[:, None] / rate
            codes.append(torch.stack([angle[:, 0::2].sin(), angle[:, 1::2].cos()], dim=2).flatten(1))
        rows, columns = codes
        h, w = grid
        code = torch.cat([rows[:, None].expand(h, w, half), columns[None].expand(h, w, half)], dim=2)
        return code.reshape(h * w, channels)


def sine_line(place: Tensor, channels: int, temperature: float = 10000.0) -> Tensor:
    """Sine code (..., channels) of numbers (...), all sines before all cosines (SAM2's pointer ages)."""
    half = channels // 2
    rate = temperature ** (2 * (torch.arange(half, device=place.device) // 2) / half)
    angle = place[..., None] / rate
    return torch.cat([angle.sin(), angle.cos()], dim=-1)


@lru_cache(maxsize=32)
def rotary_angles(grid: Grid, dim: int, pool: int = 1, theta: float = 10000.0) -> tuple[Tensor, Tensor]:
    """Cosines and sines (h*w, dim/2) of axial rotary positions (SAM2, RoFormer).

    The first half of the angles turns with the column, the second with the row.

    Args:
        grid: (h, w) of the tokens.
        dim: of one attention head.
        pool: tokens stand for pool x pool cells each; they are placed at the middle of those cells.
    """
    with torch.inference_mode(False):
        rate = theta ** (-torch.arange(0, dim, 4)[: dim // 4].float() / dim)
        cell = torch.arange(grid[0] * grid[1])
        column, row = ((place.float() + 0.5) * pool - 0.5 for place in (cell % grid[1], cell // grid[1]))
        angle = torch.cat([column[:, None] * rate, row[:, None] * rate], dim=1)
        return angle.cos(), angle.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn (..., L, dim) by angles (L, dim/2); the partner of channel i is channel i + dim/2."""
    a, b = x.chunk(2, dim=-1)
    cos, sin = cos.to(x), sin.to(x)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)


def half_split(rows: int, heads: int) -> Tensor:
    """Order that takes projection rows from SAM2's layout (partners adjacent) to ours (half a head apart)."""
    order = torch.arange(rows).view(heads, -1, 2)
    return order.transpose(1, 2).reshape(rows)
