"""The camera turns away from what is labelled and back, so that things leave the view and return."""

import math

import torch
from torch import Tensor

from segmem.core import Settings
from segmem.ops.chance import happens, uniform
from segmem.ops.pan import pan

SHORTEST = 1.5  # frames from where the camera begins to turn to where it is farthest


class TurnSettings(Settings):
    """How often the camera turns away, and how far."""

    share: float = 0.0
    """Share of clips in which it does."""
    reach: tuple[float, float] = (0.4, 1.2)
    """Least and most, in shares of what takes all that is labelled out of view."""


def turn_away(
    frames: Tensor, labels: Tensor, settings: TurnSettings, random: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Shift some clips out of view and back, towards the side that the labelled things touch most.

    What comes into view is more of the background (`pan`). A clip in which nothing is labelled stays as it is.

    Args:
        frames: (T, C, h, w).
        labels: (T, h, w).
        settings: how often and how far.
        random: advanced only where `share` is above 0.
    """
    if settings.share <= 0 or len(frames) == 1 or not happens(settings.share, random):
        return frames, labels
    count = len(frames)
    farthest, half = uniform(1, count - 1, random), uniform(SHORTEST, max(SHORTEST, count / 2), random)
    reach = uniform(*settings.reach, random)
    inside = (labels > 0).any(dim=0)
    if not bool(inside.any()):
        return frames, labels
    axis, sign, extent = way_out(inside)
    shifts = [sign * round(reach * extent * _share((place - farthest) / half)) for place in range(count)]
    moved, drawn = zip(
        *(pan(*one, axis - 2) for one in zip(frames, labels, shifts, strict=True)), strict=True
    )
    return torch.stack(moved), torch.stack(drawn)


def _share(away: float) -> float:
    """0..1 of the way out, `away` half lengths from the farthest moment."""
    return math.cos(math.pi / 2 * away) if abs(away) < 1 else 0.0


def way_out(inside: Tensor) -> tuple[int, int, int]:
    """(axis, direction, pixels) by which all of `inside` (h, w) leaves through the side that it touches most."""
    sides = [(0, -1, inside[0]), (0, 1, inside[-1]), (1, -1, inside[:, 0]), (1, 1, inside[:, -1])]
    axis, sign, _ = max(sides, key=lambda side: int(side[2].sum()))
    lines = inside.any(dim=1 - axis).nonzero()[:, 0]
    extent = int(lines[-1]) + 1 if sign < 0 else inside.shape[axis] - int(lines[0])
    return axis, sign, extent
