"""A scan's image written anew as NIfTI: voxels and place keep their bits, descriptive text stays behind."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segmem.core import Geometry
from segmem.core.errors import GeometryError
from segmem.io.channels import load_four_axes
from segmem.io.formats import suffix
from segmem.io.orientation import Turn
from segmem.io.sniff import not_a, require_file

_KEPT = (
    *("datatype", "bitpix", "scl_slope", "scl_inter", "xyzt_units"),
    *("sform_code", "qform_code", "srow_x", "srow_y", "srow_z"),
    *("quatern_b", "quatern_c", "quatern_d", "qoffset_x", "qoffset_y", "qoffset_z"),
)
_BROKEN = (OSError, EOFError, ValueError)


def copy_nifti(source: Path, target: Path, channel: int = 0, channels: int = 1) -> None:
    """Write one channel of a NIfTI file: its stored numbers, scaling, sform, qform and units, to the bit.

    Args:
        source: a `.nii` or `.nii.gz` file of three axes, or of four with `channels` on the last.
        target: a `.nii.gz` file.
        channel: which of them.
        channels: how many there are.

    Raises:
        InputError, FormatError: the source cannot be read.
    """
    import nibabel as nib

    require_file(source, "a scan")
    try:
        image: Any = load_four_axes(source, channels) if channels > 1 else nib.load(source, mmap=False)
        stored = np.asarray(image.dataobj.get_unscaled())
    except (*_BROKEN, nib.filebasedimages.ImageFileError) as why:
        raise not_a(source, "a whole NIfTI scan", why) from None
    voxels = stored[..., channel] if channels > 1 else stored.reshape(_three(stored.shape))
    old = image.header
    new = type(old)(endianness=old.endianness)
    for field in _KEPT:
        new[field] = old[field]
    new.set_data_shape(voxels.shape)
    new["pixdim"][:4] = old["pixdim"][:4]
    new["vox_offset"] = 544 if new.sizeof_hdr == 540 else 352
    _write(target, new.binaryblock + bytes(4) + voxels.astype(old.get_data_dtype()).tobytes(order="F"))


def write_scan(target: Path, frames: Tensor, geometry: Geometry) -> None:
    """Write frames (T, H, W) on the scan's own axes: int16 where that holds them, else float32.

    The affine goes into the sform, in NIfTI's single precision.

    Raises:
        GeometryError: the geometry is of no scan.
    """
    import nibabel as nib

    if geometry.affine is None:
        raise GeometryError(f"{target.name}: a {geometry.kind} has no affine and cannot be saved as a scan.")
    voxels = Turn(geometry.axes, geometry.flipped).to_file(_smallest(frames).numpy())
    header: Any = nib.Nifti1Header()  # type: ignore[no-untyped-call]
    header.set_data_dtype(voxels.dtype)
    header.set_data_shape(voxels.shape)
    header.set_sform(np.asarray(geometry.affine), code="scanner")
    header.set_zooms(np.linalg.norm(np.asarray(geometry.affine)[:3, :3], axis=0))
    header.set_xyzt_units("mm")
    header["scl_slope"], header["scl_inter"] = 1, 0
    header["vox_offset"] = 352
    _write(target, header.binaryblock + bytes(4) + _native(voxels).tobytes(order="F"))


def is_nifti(path: Path) -> bool:
    """Whether `copy_nifti` takes it, by its name."""
    return suffix(path) in (".nii", ".nii.gz")


def _smallest(frames: Tensor) -> Tensor:
    """The numbers as int16 where none is changed by that."""
    finite = bool(torch.isfinite(frames.float()).all())
    if (
        finite
        and bool((frames == frames.round()).all())
        and float(frames.abs().max()) <= np.iinfo(np.int16).max
    ):
        return frames.to(torch.int16)
    return frames.to(torch.float32)


def _native(voxels: NDArray[Any]) -> NDArray[Any]:
    return voxels.astype(voxels.dtype.newbyteorder("="))


def _three(shape: tuple[int, ...]) -> tuple[int, ...]:
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    return shape


def _write(target: Path, content: bytes) -> None:
    target.write_bytes(gzip.compress(content, 5, mtime=0))
