"""One change of a whole clip: where it lies, how it looks, which of its frames are spoilt."""

from dataclasses import dataclass

import torch
from torch import Tensor

from segmem.core import Settings
from segmem.ops.corruption import CorruptionSettings, corrupt
from segmem.ops.geometric import GeometricSettings, draw_affine, warp
from segmem.ops.photometric import PhotometricSettings, change_look


class AugmentSettings(Settings):
    """How training clips are changed."""

    geometric: GeometricSettings = GeometricSettings()
    """Where the clip lies."""
    photometric: PhotometricSettings = PhotometricSettings()
    """How it looks."""
    corruption: CorruptionSettings = CorruptionSettings()
    """Which frames are spoilt."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A changed clip: frames (T, 3, H, W) uint8, labels (T, H, W) uint8, corrupted (T,) bool."""

    frames: Tensor
    labels: Tensor
    corrupted: Tensor


def augment(
    frames: Tensor,
    labels: Tensor,
    grid: tuple[int, int],
    settings: AugmentSettings,
    random: torch.Generator,
    *,
    padding: tuple[int, int, int] = (0, 0, 0),
    motion: bool = False,
) -> Changed:
    """Change a clip and its label maps together; nothing but `random` decides how.

    Args:
        frames: (T, 1 or 3, h, w) uint8; grey is repeated, and stays grey.
        labels: (T, h, w) uint8.
        grid: (H, W) of the result.
        settings: how far to go.
        random: advanced by the draws.
        padding: the colour outside the frame.
        motion: let the frames drift apart, as for a still image repeated T times.
    """
    maps = draw_affine(len(frames), settings.geometric, motion, random)
    fill = torch.tensor(padding[: frames.shape[1]], dtype=torch.float32)
    moved, drawn = warp(frames.float(), labels, maps, grid, fill)
    coloured = change_look(moved.expand(-1, 3, -1, -1) / 255, settings.photometric, random)
    corrupted = corrupt(coloured, settings.corruption, random)
    if frames.shape[1] == 1:
        coloured = coloured.mean(dim=1, keepdim=True).expand(-1, 3, -1, -1)  # a scan has no colours
    return Changed((coloured * 255).round().to(torch.uint8), drawn, corrupted)
