"""One change of a whole clip: where it lies, how it looks, which of its frames are spoilt."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from segmem.core import Settings
from segmem.ops.corruption import CorruptionSettings, corrupt
from segmem.ops.geometric import GeometricSettings, draw_affine, draw_drift, warp
from segmem.ops.photometric import PhotometricSettings, change_look
from segmem.ops.trivial import draw_trivial
from segmem.ops.turn import TurnSettings, turn_away

Look = Callable[[Tensor], Tensor]  # (T, 3, H, W) in 0..1 to the same


class AugmentSettings(Settings):
    """How training clips are changed."""

    geometric: GeometricSettings = GeometricSettings()
    """Where the clip lies."""
    photometric: PhotometricSettings = PhotometricSettings()
    """How it looks."""
    trivial: bool = False
    """TrivialAugment in place of both: one operation, the same for all frames of a clip (TMAM, section 4)."""
    turn: TurnSettings = TurnSettings()
    """In which clips the camera turns away and back."""
    corruption: CorruptionSettings = CorruptionSettings()
    """Which frames are spoilt."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A changed clip: frames (T, 3, H, W) uint8, labels (T, H, W) uint8, corrupted (T, H, W)
    0..1."""

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
    frames, labels = turn_away(frames, labels, settings.turn, random)
    size = (frames.shape[-2], frames.shape[-1])
    maps, look = (_trivial if settings.trivial else _tuned)(len(frames), size, settings, motion, random)
    fill = torch.tensor(padding[: frames.shape[1]], dtype=torch.float32)
    moved, drawn = warp(frames.float(), labels, maps, grid, fill)
    coloured = look(moved.expand(-1, 3, -1, -1) / 255)
    corrupted = corrupt(coloured, settings.corruption, random)
    if frames.shape[1] == 1:
        coloured = coloured.mean(dim=1, keepdim=True).expand(-1, 3, -1, -1)  # a scan has no colours
    return Changed(_bytes(coloured), drawn, corrupted)


def _tuned(
    count: int, size: tuple[int, int], settings: AugmentSettings, motion: bool, random: torch.Generator
) -> tuple[Tensor, Look]:
    """Maps (T, 3, 3) and a change of look, each drawn from its settings."""
    del size
    maps = draw_affine(count, settings.geometric, motion, random)
    return maps, lambda frames: change_look(frames, settings.photometric, random)


def _trivial(
    count: int, size: tuple[int, int], settings: AugmentSettings, motion: bool, random: torch.Generator
) -> tuple[Tensor, Look]:
    """The same of one operation for either place or look; frames of a still drift all the same."""
    change = draw_trivial(random)
    drift = draw_drift(count, settings.geometric.motion_size if motion else 0.0, random)
    return drift @ change.place(max(size)), lambda frames: change.look(_bytes(frames)).float() / 255


def _bytes(frames: Tensor) -> Tensor:
    return (frames * 255).round().to(torch.uint8)
