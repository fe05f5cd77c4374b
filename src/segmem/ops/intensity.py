"""From a file's own units to what a network was trained on."""

from typing import Literal

import numpy as np
import torch
from torch import Tensor

from segmem.core import Settings

RGB_MEAN = (0.485, 0.456, 0.406)  # ImageNet
RGB_STD = (0.229, 0.224, 0.225)


class IntensitySettings(Settings):
    """How a model wants its intensities."""

    kind: Literal["rgb", "percentile"] = "rgb"
    """rgb: bytes, ImageNet mean and deviation. percentile: a scan, its own percentiles to 0..1, then the same."""
    low: float = 0.5
    """Percentile of the whole scan that becomes 0."""
    high: float = 99.5
    """Percentile of the whole scan that becomes 1."""
    scale: Literal["imagenet", "frame", "unit"] = "imagenet"
    """imagenet: 0..1, then the mean and deviation of ImageNet. frame: each frame's least and greatest value become
    0 and 1 (MedSAM). unit: 0..1 and nothing more (SAMed-2 as released)."""


def window(frames: Tensor, settings: IntensitySettings) -> tuple[float, float]:
    """The (low, high) values of a case (T, C, H, W) that become 0 and 1. NaN and Inf are left out.

    A case without contrast gives (value, value + 1), so that it becomes 0 everywhere.
    """
    if settings.kind == "rgb":
        return 0.0, 255.0
    finite = frames[torch.isfinite(frames)].float()
    if finite.numel() == 0:
        return 0.0, 1.0
    ranks = [round(share / 100 * (finite.numel() - 1)) for share in (settings.low, settings.high)]
    low, high = (float(value) for value in np.partition(finite.numpy(force=True), ranks)[ranks])
    return (low, high) if high > low else (low, low + 1.0)


def by_frame(frames: Tensor, low: float, high: float) -> Tensor:
    """(..., 1 or 3, H, W) in file units to (..., 3, H, W) float32: what lies between `low` and `high` is stretched
    so that each frame goes from 0 to 1. A frame without contrast becomes 0."""
    x = _three(_within(frames, low, high))
    least, most = x.amin(dim=(-3, -2, -1), keepdim=True), x.amax(dim=(-3, -2, -1), keepdim=True)
    return (x - least) / (most - least).clamp(min=1e-8)


def normalise(frames: Tensor, low: float, high: float) -> Tensor:
    """(..., 1 or 3, H, W) in file units to (..., 3, H, W) float32, ImageNet-standardised. NaN becomes `low`."""
    x = to_unit(frames, low, high)
    mean = torch.tensor(RGB_MEAN, device=x.device)[:, None, None]
    std = torch.tensor(RGB_STD, device=x.device)[:, None, None]
    return (x - mean) / std


def to_unit(frames: Tensor, low: float, high: float) -> Tensor:
    """(..., 1 or 3, H, W) in file units to (..., 3, H, W) float32: `low` becomes 0 and `high` 1."""
    return _three((_within(frames, low, high) - low) / (high - low))


def _within(frames: Tensor, low: float, high: float) -> Tensor:
    """Float32; what no byte can be is brought between `low` and `high`."""
    if not frames.is_floating_point():
        return frames.float()
    return torch.nan_to_num(frames.float(), nan=low, posinf=high, neginf=low).clamp(low, high)


def _three(x: Tensor) -> Tensor:
    return x.expand(*x.shape[:-3], 3, *x.shape[-2:]) if x.shape[-3] == 1 else x
