"""Scans made for tests of volumes: smooth bodies on any grid."""

from pathlib import Path

import nibabel as nib
import numpy as np
import torch

from segmem.core import Clip, Geometry
from segmem.io.orientation import scan_clip


def ball_clip(
    shape: tuple[int, int, int] = (24, 30, 14),
    steps: tuple[float, float, float] = (1.0, 1.0, 2.0),
    affine: np.ndarray | None = None,
    level: float = 900.0,
) -> Clip:
    """A bright ball in the middle of dark tissue, on file axes (R, A, S) of `steps` mm."""
    at = np.diag([*steps, 1.0]) if affine is None else affine
    return scan_clip("ball", _ball(shape, steps, level).astype(np.float32), at, {})


def _ball(shape: tuple[int, int, int], steps: tuple[float, float, float], level: float) -> np.ndarray:
    where = [(np.arange(n) - (n - 1) / 2) * step for n, step in zip(shape, steps, strict=True)]
    away = np.sqrt(sum(w**2 for w in np.meshgrid(*where, indexing="ij")))
    radius = 0.3 * min(n * step for n, step in zip(shape, steps, strict=True))
    return np.where(away < radius, level, 100.0)


def write_ball(
    path: Path,
    shape: tuple[int, int, int] = (24, 30, 14),
    steps: tuple[float, float, float] = (1.0, 1.0, 2.0),
) -> Path:
    """The same as a file."""
    nib.save(nib.Nifti1Image(_ball(shape, steps, 900.0).astype(np.int16), np.diag([*steps, 1.0])), path)
    return path


def blob_labels(geometry: Geometry, length: int) -> torch.Tensor:
    """(T, H, W) uint8: an ellipsoid of 1 in the middle, its upper half 2."""
    axes = [torch.linspace(-1, 1, n) if n > 1 else torch.zeros(1) for n in (length, *geometry.size)]
    t, r, c = torch.meshgrid(*axes, indexing="ij")
    inside = (t**2 + r**2 + c**2) < 0.5
    return torch.where(inside, torch.where(r > 0, 2, 1), 0).byte()
