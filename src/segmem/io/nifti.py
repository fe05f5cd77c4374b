"""NIfTI-1 and -2. The fields that place the voxels are carried as raw bytes, so they come back bit for bit."""

import gzip
import logging
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from segmem.core import Geometry
from segmem.core.errors import FormatError
from segmem.io.inflate import UNREADABLE, left, may_hold, skip, take, unpacked
from segmem.io.nifti_affine import chosen_affine
from segmem.io.sniff import not_a

_PLACE = (
    *("sform_code", "qform_code", "srow_x", "srow_y", "srow_z", "xyzt_units"),
    *("quatern_b", "quatern_c", "quatern_d", "qoffset_x", "qoffset_y", "qoffset_z"),
)
_SILENT = logging.Logger("silent", logging.CRITICAL)  # nibabel's own prints
_SPARE = 1 << 20  # some writers pad a file; what goes on for longer is not what the header describes
_CHUNK = 1 << 15  # voxels scaled at once: what is made on the way stays in the cache


def read(path: Path, max_bytes: int) -> tuple[NDArray[np.generic], NDArray[np.float64], dict[str, object]]:
    """See `volume.Format`. Values are float32 after scl_slope and scl_inter; integers without one stay.

    The values are nibabel's to the bit. The voxels are inflated into one array of the size that the header states,
    which is checked first, and a gzipped file's checksum must hold.

    Raises:
        FormatError, GeometryError: see `volume.read_volume`.
    """
    what = "a NIfTI scan"
    try:
        with unpacked(path) as stream:
            header = _read_header(path, stream)
            slope, inter = header.get_slope_inter()
            shape = _shape(path, header, max_bytes)
            affine = chosen_affine(path, header)
            what = "a whole NIfTI scan"
            stored = _voxels(path, stream, header, shape)
    except _broken() as why:
        raise not_a(path, what, why) from None
    plain = slope in (None, 1.0) and inter in (None, 0.0)
    array = stored if plain and stored.dtype.kind in "iu" else _scaled(stored, slope, inter)
    return array.reshape(shape, order="F"), affine, _kept(header)


def write(path: Path, array: NDArray[np.uint8], geometry: Geometry) -> None:
    """See `volume.Format`. A scan of another format gets its affine as an sform in scanner space."""
    header = grid_header(array.shape, geometry)
    content = header.binaryblock + bytes(4) + array.tobytes(order="F")
    path.write_bytes(gzip.compress(content, 5, mtime=0) if path.suffix == ".gz" else content)


def grid_header(shape: tuple[int, ...], geometry: Geometry) -> Any:
    """The header of bytes (X, Y, Z) or (X, Y, Z, N) on a scan's own grid; the voxels follow it and four more bytes."""
    kept = geometry.header if geometry.header.get("format") == "nifti" else {}
    header = _header(bool(kept.get("second")) or max(shape) > np.iinfo(np.int16).max)
    header.set_data_dtype(np.uint8)
    header.set_data_shape(shape)
    if kept:
        for field, raw in kept.items():
            if field in _PLACE:
                header[field] = np.frombuffer(raw, dtype=header[field].dtype).reshape(header[field].shape)  # type: ignore[call-overload]
        header["pixdim"][:4] = np.frombuffer(kept["pixdim"], dtype=header["pixdim"].dtype)  # type: ignore[call-overload]
    else:
        header.set_sform(np.asarray(geometry.affine), code="scanner")
        steps = np.linalg.norm(np.asarray(geometry.affine)[:3, :3], axis=0)
        header.set_zooms((*steps, *(1.0,) * (len(shape) - 3)))
        header.set_xyzt_units("mm")
    header["scl_slope"], header["scl_inter"] = 1, 0
    header["vox_offset"] = 544 if header.sizeof_hdr == 540 else 352
    return header


def _header(second: bool) -> Any:
    import nibabel as nib

    form: Any = nib.Nifti2Header if second else nib.Nifti1Header
    return form()


def _broken() -> tuple[type[Exception], ...]:
    """What reading a damaged file may raise."""
    from nibabel.spatialimages import HeaderDataError

    return (*UNREADABLE, ValueError, HeaderDataError)


def _read_header(path: Path, stream: IO[bytes]) -> Any:
    """The header at the beginning of a file; the stream stands behind it."""
    first = take(stream, 348).tobytes()
    if _header(second=False).may_contain_header(first):
        return _checked(type(_header(second=False))(first, check=False))
    second = _header(second=True)
    first += take(stream, 540 - 348).tobytes()
    if not second.may_contain_header(first):
        raise not_a(path, "a NIfTI scan")
    return _checked(type(second)(first, check=False))


def _checked(header: Any) -> Any:
    """The header as nibabel mends it, in silence; but a voxel of no size does not become one of 1 mm."""
    without = header["pixdim"][1:4] == 0
    header.check_fix(logger=_SILENT)
    header["pixdim"][1:4][without] = 0
    return header


def _voxels(path: Path, stream: IO[bytes], header: Any, shape: tuple[int, int, int]) -> NDArray[np.generic]:
    """What is stored (X * Y * Z,), in the file's own type. Header extensions are passed over."""
    dtype = header.get_data_dtype()
    if header["magic"].item() != header.single_magic:
        raise FormatError(f"{path} keeps its voxels in another file. Save it as one .nii or .nii.gz file.")
    start = max(header.get_data_offset(), header.single_vox_offset)
    size = shape[0] * shape[1] * shape[2] * dtype.itemsize
    if not may_hold(path, start + size):
        raise EOFError(f"it cannot hold the {size} bytes of voxels that its header states")
    skip(stream, start - header.sizeof_hdr)
    stored: NDArray[np.generic] = take(stream, size).view(dtype)
    if path.suffix.lower() == ".gz" and left(stream, _SPARE) > _SPARE:
        raise FormatError(
            f"{path} goes on after the {size} bytes of voxels that its header states. Is the header right?"
        )
    return stored


def _scaled(stored: NDArray[np.generic], slope: float | None, inter: float | None) -> NDArray[np.float32]:
    """Float32 of what is stored, as nibabel scales it: in the type that the slope calls for, rounded once."""
    from nibabel.volumeutils import apply_read_scaling

    factors: list[Any] = [np.asanyarray(one) for one in (1.0 if slope is None else slope, inter or 0.0)]
    factors = [one.astype(np.float32) if np.can_cast(one, np.float32) else one for one in factors]
    scaled = np.empty(stored.shape, np.float32)
    for first in range(0, len(stored), _CHUNK):
        scaled[first : first + _CHUNK] = apply_read_scaling(stored[first : first + _CHUNK], *factors)
    return scaled


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
    need = shape[0] * shape[1] * shape[2] * max(4, header.get_data_dtype().itemsize)
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
