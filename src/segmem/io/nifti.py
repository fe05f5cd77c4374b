"""NIfTI-1 and -2. The fields that place the voxels are carried as raw bytes, so they come back bit for bit."""

import gzip
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmem.core import Geometry
from segmem.core.errors import FormatError
from segmem.io.nifti_affine import chosen_affine
from segmem.io.sniff import not_a

_PLACE = (
    *("sform_code", "qform_code", "srow_x", "srow_y", "srow_z", "xyzt_units"),
    *("quatern_b", "quatern_c", "quatern_d", "qoffset_x", "qoffset_y", "qoffset_z"),
)
_BROKEN = (OSError, EOFError, ValueError, OverflowError, zlib.error)


def read(path: Path, max_bytes: int) -> tuple[NDArray[np.generic], NDArray[np.float64], dict[str, object]]:
    """See `volume.Format`. Values are float32 after scl_slope and scl_inter; integers without one stay.

    Raises:
        FormatError, GeometryError: see `volume.read_volume`.
    """
    image = _load(path)
    shape = _shape(path, image.header, max_bytes)
    affine = chosen_affine(path, image.header)
    slope, inter = image.header.get_slope_inter()
    plain = slope in (None, 1.0) and inter in (None, 0.0) and image.header.get_data_dtype().kind in "iu"
    try:
        array = np.asarray(image.dataobj) if plain else image.get_fdata(dtype=np.float32, caching="unchanged")
    except _BROKEN as why:
        raise not_a(path, "a whole NIfTI scan", why) from None
    return array.reshape(shape), affine, _kept(image.header)


def write(path: Path, array: NDArray[np.uint8], geometry: Geometry) -> None:
    """See `volume.Format`. A scan of another format gets its affine as an sform in scanner space."""
    kept = geometry.header if geometry.header.get("format") == "nifti" else {}
    header = _header(bool(kept.get("second")) or max(array.shape) > np.iinfo(np.int16).max)
    header.set_data_dtype(np.uint8)
    header.set_data_shape(array.shape)
    if kept:
        for field, raw in kept.items():
            if field in _PLACE:
                header[field] = np.frombuffer(raw, dtype=header[field].dtype).reshape(header[field].shape)  # type: ignore[call-overload]
        header["pixdim"][:4] = np.frombuffer(kept["pixdim"], dtype=header["pixdim"].dtype)  # type: ignore[call-overload]
    else:
        header.set_sform(np.asarray(geometry.affine), code="scanner")
        header.set_zooms(np.linalg.norm(np.asarray(geometry.affine)[:3, :3], axis=0))
        header.set_xyzt_units("mm")
    header["scl_slope"], header["scl_inter"] = 1, 0
    header["vox_offset"] = 544 if header.sizeof_hdr == 540 else 352
    content = header.binaryblock + bytes(4) + array.tobytes(order="F")
    path.write_bytes(gzip.compress(content, 5, mtime=0) if path.suffix == ".gz" else content)


def _header(second: bool) -> Any:
    import nibabel as nib

    form: Any = nib.Nifti2Header if second else nib.Nifti1Header
    return form()


def _load(path: Path) -> Any:
    import nibabel as nib
    from nibabel.filebasedimages import ImageFileError
    from nibabel.spatialimages import HeaderDataError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of extensions, which are not read
            image = nib.load(path, mmap=False)
    except (*_BROKEN, ImageFileError, HeaderDataError) as why:
        raise not_a(path, "a NIfTI scan", why) from None
    if not isinstance(image, nib.Nifti1Image):  # Nifti2Image is one too
        raise not_a(path, "a NIfTI scan")
    return image


def _shape(path: Path, header: Any, max_bytes: int) -> tuple[int, int, int]:
    shape = tuple(int(side) for side in header.get_data_shape())
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if len(shape) != 3 or min(shape) < 1:
        raise FormatError(
            f"{path} has shape {shape}, a scan of three axes was expected. Save one volume of it."
        )
    if header.get_data_dtype().kind not in "iuf":
        raise FormatError(
            f"{path} holds {header.get_value_label('datatype')} voxels. Save it as one grey value each."
        )
    need = shape[0] * shape[1] * shape[2] * 4
    if need > max_bytes:
        raise FormatError(
            f"{path}: its header says {shape}, which is {need / 1024**3:.1f} GiB, above the limit of"
            f" {max_bytes / 1024**3:.1f} GiB. Is the header right?"
        )
    return shape[0], shape[1], shape[2]


def _kept(header: Any) -> dict[str, object]:
    native = header.as_byteswapped("<") if header.endianness == ">" else header
    kept: dict[str, object] = {field: native[field].tobytes() for field in _PLACE}
    return kept | {
        "format": "nifti",
        "second": header.sizeof_hdr == 540,
        "pixdim": native["pixdim"][:4].tobytes(),
    }
