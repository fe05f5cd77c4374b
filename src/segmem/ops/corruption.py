"""Frames spoilt as they are in the operating room, so that the present alone is not enough."""

import math
from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from segmem.core import Settings
from segmem.ops.chance import happens, noise, pick, uniform
from segmem.ops.photometric import blur

Corruption = Literal["blank", "dark", "motion_blur", "defocus", "occlusion", "smoke"]
HIDDEN = 1.0  # how far a pixel is spoilt of which nothing is left
DIMMED = 0.5  # and one of which something can still be made out


class CorruptionSettings(Settings):
    """Which frames are spoilt, each on its own draw."""

    share: float = 0.0
    """Share of frames spoilt."""
    kinds: tuple[Corruption, ...] = ("blank", "dark", "motion_blur", "defocus", "occlusion", "smoke")
    """What may happen to one, each as likely; name a kind twice to see it twice as often."""
    keep_first: bool = True
    """The first frame of a clip of several stays clean, so that there is something to remember."""


def corrupt(frames: Tensor, settings: CorruptionSettings, random: torch.Generator) -> Tensor:
    """Spoil some of (T, 3, H, W) in 0..1, in place.

    Returns:
        (T, H, W) in 0..1, how far each pixel is spoilt: `HIDDEN` where a frame is blank or something is in the way,
        `DIMMED` in all of a frame that is dark, blurred or veiled.
    """
    spoilt = torch.zeros((len(frames), *frames.shape[2:]))
    if settings.share <= 0:
        return spoilt
    first = 1 if settings.keep_first and len(frames) > 1 else 0
    for place in range(first, len(frames)):
        if happens(settings.share, random):
            kind = settings.kinds[pick(len(settings.kinds), random)]
            if kind == "occlusion":
                worse, behind = _occlusion(frames[place], random)
                spoilt[place] = HIDDEN * behind
            else:
                worse = _SPOIL[kind](frames[place], random)
                spoilt[place] = HIDDEN if kind == "blank" else DIMMED
            frames[place] = worse.clamp_(0, 1)
    return spoilt


def _blank(frame: Tensor, random: torch.Generator) -> Tensor:
    level = torch.rand((3, 1, 1), generator=random) * (0.1 if happens(0.5, random) else 1.0)
    return level + _grain(frame, random)


def _dark(frame: Tensor, random: torch.Generator) -> Tensor:
    return frame * uniform(0.03, 0.3, random) + _grain(frame, random)


def _motion_blur(frame: Tensor, random: torch.Generator) -> Tensor:
    """The mean of copies along a line."""
    length, angle = uniform(0.04, 0.15, random) * frame.shape[-1], uniform(0, math.pi, random)
    copies = 9
    out = torch.zeros_like(frame)
    for place in range(copies):
        along = length * (place / (copies - 1) - 0.5)
        shift = round(along * math.sin(angle)), round(along * math.cos(angle))
        out += torch.roll(frame, shift, dims=(-2, -1))
    return out / copies


def _defocus(frame: Tensor, random: torch.Generator) -> Tensor:
    """Blur at a quarter of the size, which looks the same and costs a sixteenth."""
    small = F.avg_pool2d(frame[None], 4)
    soft = blur(small, uniform(0.7, 2.5, random))
    return F.interpolate(soft, frame.shape[-2:], mode="bilinear", align_corners=False)[0]


def _occlusion(frame: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """A blob or a tilted rectangle in the colours of another place in the same frame; and (H, W) bool, where."""
    height, width = frame.shape[-2:]
    y, x = torch.meshgrid(torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij")
    angle, power = uniform(0, math.pi, random), (2.0 if happens(0.6, random) else 10.0)
    dx, dy = x - uniform(-0.7, 0.7, random), y - uniform(-0.7, 0.7, random)
    across = (dx * math.cos(angle) + dy * math.sin(angle)).abs() / uniform(0.25, 0.9, random)
    along = (dy * math.cos(angle) - dx * math.sin(angle)).abs() / uniform(0.25, 0.9, random)
    wobble = 1 + 0.15 * _cloud(frame, 4, random)
    inside = (across**power + along**power) * wobble < 1
    row, column = pick(height, random), pick(width, random)
    patch = frame[:, max(0, row - 8) : row + 8, max(0, column - 8) : column + 8]
    colour = patch.mean(dim=(1, 2))[:, None, None]
    texture = colour * (1 + 0.2 * _cloud(frame, 8, random)) + _grain(frame, random)
    return torch.where(inside, texture, frame), inside


def _smoke(frame: Tensor, random: torch.Generator) -> Tensor:
    thick = (uniform(0.3, 0.9, random) + 0.35 * _cloud(frame, 4, random)).clamp(0, 0.97)
    return frame + thick * (uniform(0.5, 0.95, random) - frame)


def _grain(frame: Tensor, random: torch.Generator) -> Tensor:
    """A sensor's noise, from none to strong: what is spoilt must not be known by its grain."""
    return uniform(0.0, 0.025, random) * noise(tuple(frame.shape), random)


def _cloud(frame: Tensor, cells: int, random: torch.Generator) -> Tensor:
    """(H, W) smooth noise with about `cells` hills a side."""
    coarse = noise((1, 1, cells, cells), random)
    return F.interpolate(coarse, frame.shape[-2:], mode="bicubic", align_corners=False)[0, 0]


_SPOIL: dict[str, Callable[[Tensor, torch.Generator], Tensor]] = {
    "blank": _blank,
    "dark": _dark,
    "motion_blur": _motion_blur,
    "defocus": _defocus,
    "smoke": _smoke,
}
