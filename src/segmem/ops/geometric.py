"""Affine warps of a clip, with its label maps in step."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from segmem.core import Settings
from segmem.ops.chance import happens, log_uniform, uniform


class GeometricSettings(Settings):
    """How a clip is moved. All frames of a clip move together, apart from `motion`."""

    flip: float = 0.5
    """Share of clips mirrored left to right."""
    vertical_flip: float = 0.0
    """Share of clips mirrored top to bottom."""
    degrees: float = 20.0
    """Largest rotation."""
    scale: tuple[float, float] = (0.6, 1.6)
    """Smallest and largest enlargement."""
    translate: float = 0.12
    """Largest shift, as a share of the side."""
    shear: float = 0.08
    """Largest shear, in pixels a pixel."""
    motion: float = 0.0
    """Share of clips whose frames drift smoothly on top of their own motion."""
    motion_size: float = 1.0
    """How far such a drift goes: 1 is up to 15 degrees, 20 % of the side and a quarter of the size."""


def draw_affine(frames: int, settings: GeometricSettings, motion: bool, random: torch.Generator) -> Tensor:
    """(T, 3, 3) maps from source to output, in shares of the side about the centre.

    Args:
        frames: T.
        settings: how far to go.
        motion: drift for certain, as for a still image that becomes a clip.
        random: what the numbers are drawn from.
    """
    whole = _affine(
        math.radians(uniform(-settings.degrees, settings.degrees, random)),
        log_uniform(*settings.scale, random),
        (
            uniform(-settings.translate, settings.translate, random),
            uniform(-settings.translate, settings.translate, random),
        ),
        uniform(-settings.shear, settings.shear, random),
        (
            -1.0 if happens(settings.flip, random) else 1.0,
            -1.0 if happens(settings.vertical_flip, random) else 1.0,
        ),
    )
    moves = happens(settings.motion, random) or motion
    if not moves or frames == 1:
        return whole.expand(frames, 3, 3)
    return draw_drift(frames, settings.motion_size, random) @ whole


def draw_drift(frames: int, size: float, random: torch.Generator) -> Tensor:
    """(T, 3, 3) maps as `draw_affine` gives: from the identity along a smooth, slightly curved path."""
    far = [uniform(-1, 1, random) for _ in range(8)]
    maps = []
    for place in range(frames):
        t = place / max(frames - 1, 1)
        s = math.sin(math.pi * t) * 0.5
        angle, grow, x, y = (size * (far[i] * t + far[i + 4] * s) for i in range(4))
        maps.append(
            _affine(math.radians(15) * angle, math.exp(0.25 * grow), (0.2 * x, 0.2 * y), 0.0, (1.0, 1.0))
        )
    return torch.stack(maps)


def _affine(
    angle: float, scale: float, shift: tuple[float, float], shear: float, mirror: tuple[float, float]
) -> Tensor:
    cos, sin = math.cos(angle) * scale, math.sin(angle) * scale
    turn = torch.tensor([[cos, -sin, shift[0]], [sin, cos, shift[1]], [0.0, 0.0, 1.0]])
    lean = torch.tensor([[mirror[0], shear, 0.0], [0.0, mirror[1], 0.0], [0.0, 0.0, 1.0]])
    return turn @ lean


def warp(
    frames: Tensor, labels: Tensor, maps: Tensor, grid: tuple[int, int], padding: Tensor
) -> tuple[Tensor, Tensor]:
    """Resample frames (T, C, h, w) float and labels (T, h, w) uint8 to `grid`.

    The identity leaves the source in the upper left corner, as `ops.fit.pad` does.

    Args:
        frames: what is warped, bilinearly.
        labels: warped alike, to the nearest pixel; 0 outside.
        maps: (T, 3, 3) of `draw_affine`.
        grid: (H, W) of the output.
        padding: (C,) what is seen outside the source.
    """
    theta = _theta(maps, (frames.shape[-2], frames.shape[-1]), grid)
    if len(theta) > 1 and (theta == theta[:1]).all():
        theta = theta[:1]  # all frames move alike
    where = F.affine_grid(theta, [len(theta), 1, *grid], align_corners=False).expand(len(frames), -1, -1, -1)
    fill = padding[:, None, None]
    moved = F.grid_sample(frames - fill, where, mode="bilinear", align_corners=False) + fill
    drawn = F.grid_sample(labels[:, None].float(), where, mode="nearest", align_corners=False)
    return moved, drawn[:, 0].to(torch.uint8)


def _theta(maps: Tensor, size: tuple[int, int], grid: tuple[int, int]) -> Tensor:
    """(T, 2, 3) for `affine_grid`: normalised output to normalised source, turning about the source's centre."""
    (h, w), (rows, columns) = size, grid
    side = float(max(h, w))
    to_pixels = torch.tensor([[columns / 2, 0, columns / 2], [0, rows / 2, rows / 2], [0, 0, 1]])
    to_shares = torch.tensor([[1 / side, 0, -w / 2 / side], [0, 1 / side, -h / 2 / side], [0, 0, 1]])
    to_source = torch.tensor([[2 * side / w, 0, 0], [0, 2 * side / h, 0], [0, 0, 1.0]])
    theta: Tensor = to_source @ torch.linalg.inv(maps) @ to_shares @ to_pixels
    return theta[:, :2]
