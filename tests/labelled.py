"""Labelled cases for tests: on disk in the three layouts, decoded in memory, and an encoder of them."""

from collections.abc import Sequence
from pathlib import Path

import nibabel as nib
import numpy as np
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from footage import pictures, write_video
from segmem.core import Features, Kind
from segmem.data.cache import CachedCase
from segmem.ops.fit import Fit, pad

SIZE = (48, 64)


def write_mask(path: Path, values: np.ndarray) -> Path:
    Image.fromarray(values.astype(np.uint8)).save(path)
    return path


def square(value: int = 1, size: tuple[int, int] = SIZE) -> np.ndarray:
    """(H, W) with a square of `value` in the middle."""
    mask = np.zeros(size, np.uint8)
    mask[size[0] // 4 : -size[0] // 4, size[1] // 4 : -size[1] // 4] = value
    return mask


def write_images(root: Path, names: Sequence[str], value: int = 1, size: tuple[int, int] = SIZE) -> Path:
    """The layout images/ + masks/."""
    for folder in ("images", "masks"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for seed, name in enumerate(names):
        Image.fromarray(pictures(1, SIZE, seed)[0]).save(root / "images" / f"{name}.png")
        write_mask(root / "masks" / f"{name}.png", square(value, size))
    return root


def write_video_case(folder: Path, frames: int = 6, labelled: Sequence[int] = (1, 4)) -> Path:
    """The layout video.* + masks/, some frames labelled."""
    (folder / "masks").mkdir(parents=True)
    write_video(folder / "video.mkv", frames, SIZE)
    for index in labelled:
        write_mask(folder / "masks" / f"{index:05d}.png", square(1 + index % 2))
    return folder


def write_scans(
    root: Path, names: Sequence[str], label_shape: tuple[int, int, int] = (20, 24, 5), bright: int = 0
) -> Path:
    """The layout images/ + labels/*.nii.gz: noise of 100 to 900, `bright` more where the object is."""
    for folder in ("images", "labels"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    affine, rng = np.diag([1.0, 1.0, 3.0, 1.0]), np.random.default_rng(0)
    for name in names:
        voxels = rng.integers(100, 900, (20, 24, 5), dtype=np.int16)
        truth = np.zeros(label_shape, np.uint8)
        truth[5:12, 6:14, 1:4] = 2
        if bright:
            voxels[truth > 0] += bright
        nib.save(nib.Nifti1Image(voxels, affine), root / "images" / f"{name}.nii.gz")
        nib.save(nib.Nifti1Image(truth, affine), root / "labels" / f"{name}.nii.gz")
    return root


def decoded(
    name: str = "a", length: int = 6, labelled: Sequence[int] | None = None, kind: Kind = "video"
) -> CachedCase:
    """A decoded case whose every frame has its own grey level, 20 x its number, and a square label."""
    known = np.zeros(length, np.bool_)
    known[list(range(length) if labelled is None else labelled)] = True
    frames = (
        np.zeros((length, 3, *SIZE), np.uint8) + (20 * np.arange(length, dtype=np.uint8))[:, None, None, None]
    )
    labels = np.where(known[:, None, None], square(1), 0).astype(np.uint8)
    return CachedCase(name, name, kind, frames, labels, known, SIZE)


class Grey:
    """An encoder whose one feature is the mean of 16 x 16 pixels; it counts the frames it was given."""

    def __init__(self) -> None:
        self.encoded = 0

    def prepare(self, frames: Tensor, fit: Fit, window: tuple[float, float]) -> Tensor:
        assert fit.size == fit.scaled == tuple(frames.shape[-2:])
        assert window == (0.0, 255.0)
        return pad(frames.float(), fit)

    def enter(self, frame: Tensor) -> Features:
        self.encoded += len(frame)
        return Features(F.avg_pool2d(frame.mean(dim=1, keepdim=True), 16))
