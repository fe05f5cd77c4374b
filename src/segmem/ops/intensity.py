"""From a file's own units to what a network was trained on."""

from typing import Literal, Self

import numpy as np
import torch
from pydantic import model_validator
from torch import Tensor

from segmem.core import Settings

RGB_MEAN = (0.485, 0.456, 0.406)  # ImageNet
RGB_STD = (0.229, 0.224, 0.225)
_AIR, _SHARE_AIR = (-1100.0, -500.0), 1 / 200
_SOFT, _SHARE_SOFT = (-200.0, 300.0), 1 / 20
_SAMPLE = 1_000_000


class IntensitySettings(Settings):
    """How a model wants its intensities."""

    kind: Literal["rgb", "percentile", "window", "scan"] = "rgb"
    """rgb: bytes, ImageNet mean and deviation. percentile: a scan, its own percentiles to 0..1, then the same. window:
    `values` to 0..1. scan: `window` where the values look like Hounsfield units (CT), else `percentile`."""
    low: float = 0.5
    """Percentile of the whole scan that becomes 0."""
    high: float = 99.5
    """Percentile of the whole scan that becomes 1."""
    values: tuple[float, float] = (-160.0, 240.0)
    """What becomes 0 and 1 with a window, in the file's units: soft tissue in CT (level 40, width 400)."""
    scale: Literal["imagenet", "frame", "unit"] = "imagenet"
    """imagenet: 0..1, then the mean and deviation of ImageNet. frame: each frame's least and greatest value become
    0 and 1 (MedSAM). unit: 0..1 and nothing more (SAMed-2 as released)."""

    @model_validator(mode="after")
    def _windows_rise(self) -> Self:
        if not self.values[0] < self.values[1]:
            raise ValueError(f"a window goes from a low to a high value, not {self.values}")
        return self


def window(frames: Tensor, settings: IntensitySettings) -> tuple[float, float]:
    """The (low, high) values of a case (T, C, H, W) that become 0 and 1. NaN and Inf are left out.

    A case without contrast gives (value, value + 1), so that it becomes 0 everywhere.
    """
    if settings.kind == "rgb":
        return 0.0, 255.0
    if settings.kind == "window" or (settings.kind == "scan" and looks_like_hounsfield(frames)):
        return settings.values
    finite = frames[torch.isfinite(frames)].float()
    if finite.numel() == 0:
        return 0.0, 1.0
    ranks = [round(share / 100 * (finite.numel() - 1)) for share in (settings.low, settings.high)]
    low, high = (float(value) for value in np.partition(finite.numpy(force=True), ranks)[ranks])
    return (low, high) if high > low else (low, low + 1.0)


def looks_like_hounsfield(frames: Tensor) -> bool:
    """Whether the values of a scan are a CT's: some of it is air, some of it soft tissue.

    A CT that was cut to the body, or saved as bytes, does not look so.
    """
    values = frames.flatten()[:: max(1, frames.numel() // _SAMPLE)].float()
    air = ((values >= _AIR[0]) & (values <= _AIR[1])).float().mean()
    soft = ((values >= _SOFT[0]) & (values <= _SOFT[1])).float().mean()
    return bool(air >= _SHARE_AIR and soft >= _SHARE_SOFT)


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
