"""Scans of several channels: a file for each, or one NIfTI file of four axes."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from segmem.core import Clip
from segmem.core.errors import FormatError, GeometryError
from segmem.io.formats import case_name, suffix
from segmem.io.nifti_affine import chosen_affine
from segmem.io.orientation import scan_geometry, turn
from segmem.io.sniff import not_a, require_file
from segmem.io.volume import MAX_BYTES, read_volume

_TOLERANCE_MM = 1e-3


def read_channels(paths: Sequence[Path], count: int, max_bytes: int = MAX_BYTES) -> Clip:
    """A scan as a clip (T, C, H, W) float32, its slices turned as `read_volume` turns them.

    Args:
        paths: one file for each channel, or one for all.
        count: C, how many channels there should be.

    Raises:
        InputError, FormatError, GeometryError: as `read_volume`; also where channels lie on different grids, or the
            file has another number of them.
    """
    if len(paths) == 1:
        return (
            read_volume(paths[0], max_bytes=max_bytes)
            if count == 1
            else _four_axes(paths[0], count, max_bytes)
        )
    clips = [read_volume(path, max_bytes=max_bytes // len(paths)) for path in paths]
    first = clips[0]
    for path, other in zip(paths, clips, strict=True):
        off = np.abs(np.asarray(other.geometry.affine) - np.asarray(first.geometry.affine)).max()
        if other.frames.shape != first.frames.shape or off > _TOLERANCE_MM:
            raise GeometryError(
                f"{path.name} has shape {tuple(other.frames.shape)}, {paths[0].name} {tuple(first.frames.shape)}, and"
                f" their affines differ by {off:.3g} mm. The channels of a case must lie on one grid: resample one."
            )
    return Clip(first.name, torch.cat([clip.frames for clip in clips], dim=1), first.geometry)


def load_four_axes(path: Path, count: int, max_bytes: int = MAX_BYTES) -> Any:
    """The NIfTI image of a file with `count` channels on its fourth axis. No voxel is read.

    Raises:
        InputError, FormatError: it cannot be read as that.
    """
    import nibabel as nib
    from nibabel.filebasedimages import ImageFileError
    from nibabel.spatialimages import HeaderDataError

    require_file(path, "a scan")
    if suffix(path) not in (".nii", ".nii.gz"):
        raise FormatError(
            f"{path}: several channels in one file are read from NIfTI only. Save a file for each."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of extensions, which are not read
            image: Any = nib.load(path, mmap=False)
    except (OSError, EOFError, ValueError, ImageFileError, HeaderDataError) as why:
        raise not_a(path, "a NIfTI scan", why) from None
    shape = tuple(int(side) for side in image.shape)
    if len(shape) != 4 or shape[3] != count or min(shape) < 1:
        raise FormatError(
            f"{path} has shape {shape}; three axes and {count} channels on the fourth were expected."
        )
    need = int(np.prod([*shape, 4], dtype=object))
    if need > max_bytes:
        raise FormatError(
            f"{path}: its header says {shape}, which is {need / 1024**3:.1f} GiB, above the limit of"
            f" {max_bytes / 1024**3:.1f} GiB. Is the header right?"
        )
    return image


def _four_axes(path: Path, count: int, max_bytes: int) -> Clip:
    image = load_four_axes(path, count, max_bytes)
    affine = chosen_affine(path, image.header)
    how = turn(affine)
    try:
        voxels = image.get_fdata(dtype=np.float32, caching="unchanged")
    except (OSError, EOFError, ValueError) as why:
        raise not_a(path, "a whole NIfTI scan", why) from None
    frames = np.stack([how.to_frames(voxels[..., channel]) for channel in range(count)], axis=1)
    size = (int(frames.shape[2]), int(frames.shape[3]))
    return Clip(case_name(path), torch.from_numpy(frames), scan_geometry(affine, how, size, {}))
