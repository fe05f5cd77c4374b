"""NRRD scans. Only what places the voxels is kept of the header; the text written is our own."""

import bz2
import gzip
from pathlib import Path
from typing import Any

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from segmem.core import Geometry
from segmem.core.errors import FormatError, GeometryError
from segmem.io.inflate import UNREADABLE
from segmem.io.sniff import not_a

# To (right, anterior, superior), by the sign of each axis.
_SPACES = {
    "right-anterior-superior": (1, 1, 1),
    "ras": (1, 1, 1),
    "left-anterior-superior": (-1, 1, 1),
    "las": (-1, 1, 1),
    "left-posterior-superior": (-1, -1, 1),
    "lps": (-1, -1, 1),
}
_BROKEN = (*UNREADABLE, ValueError, KeyError)


def read(path: Path, max_bytes: int) -> tuple[NDArray[np.generic], NDArray[np.float64], dict[str, object]]:
    """See `volume.Format`.

    Raises:
        FormatError, GeometryError: see `volume.read_volume`.
    """
    import nrrd

    try:
        with path.open("rb") as file:
            header = nrrd.read_header(file)
            shape, dtype = _require_scan(path, header, max_bytes)
            affine = _affine(path, header)
            raw = _unpacked(path, file.read(), header, int(np.prod(shape)) * dtype.itemsize)
    except (*_BROKEN, nrrd.NRRDError) as why:
        raise not_a(path, "a NRRD scan", why) from None
    array = np.frombuffer(raw, dtype).reshape(shape, order="F")
    kept: dict[str, object] = {
        "format": "nrrd",
        "space": str(header["space"]),
        "space directions": np.asarray(header["space directions"], dtype=np.float64).tolist(),
        "space origin": np.asarray(header["space origin"], dtype=np.float64).tolist(),
    }
    return array.astype(dtype.newbyteorder("=")), affine, kept


def write(path: Path, array: NDArray[np.uint8], geometry: Geometry) -> None:
    """See `volume.Format`. A scan of another format gets its affine in right-anterior-superior."""
    kept = geometry.header
    if kept.get("format") == "nrrd":
        space, directions, origin = kept["space"], kept["space directions"], kept["space origin"]
    else:
        affine = np.asarray(geometry.affine, dtype=np.float64)
        space = "right-anterior-superior"
        directions, origin = affine[:3, :3].T.tolist(), affine[:3, 3].tolist()
    lines = [
        "NRRD0004",
        "type: uint8",
        "dimension: 3",
        f"space: {space}",
        f"sizes: {' '.join(str(side) for side in array.shape)}",
        f"space directions: {' '.join(_vector(row) for row in directions)}",  # type: ignore[attr-defined]
        "kinds: domain domain domain",
        "encoding: gzip",
        f"space origin: {_vector(origin)}",
    ]
    packed = gzip.compress(array.tobytes(order="F"), 5, mtime=0)
    path.write_bytes("\n".join(lines).encode() + b"\n\n" + packed)


def _vector(numbers: Any) -> str:
    return f"({','.join(repr(float(number)) for number in numbers)})"


def _require_scan(path: Path, header: Any, max_bytes: int) -> tuple[tuple[int, ...], np.dtype[Any]]:
    import nrrd

    if {"data file", "datafile"} & set(header):
        raise FormatError(f"{path} keeps its voxels in another file. Save it as one file.")
    shape = tuple(int(side) for side in header["sizes"])
    kinds = [str(kind) for kind in header.get("kinds", ["domain"] * len(shape))]
    if len(shape) != 3 or min(shape) < 1 or not set(kinds) <= {"domain", "space"}:
        raise FormatError(
            f"{path} has shape {shape} of kinds {', '.join(kinds)}; a scan of three axes was expected."
            " Save one volume of it."
        )
    need = int(np.prod([*shape, 4], dtype=object))
    if need > max_bytes:
        raise FormatError(
            f"{path}: its header says {shape}, which is {need / 1024**3:.1f} GiB, above the limit of"
            f" {max_bytes / 1024**3:.1f} GiB. Is the header right?"
        )
    dtype = np.dtype(nrrd.reader._determine_datatype(header))
    if dtype.kind not in "iuf":
        raise FormatError(f"{path} holds {header['type']} voxels. Save it as one grey value each.")
    return shape, dtype


def _affine(path: Path, header: Any) -> NDArray[np.float64]:
    signs = _SPACES.get(str(header.get("space", "")).lower())
    directions, origin = header.get("space directions"), header.get("space origin")
    if signs is None or directions is None or origin is None:
        raise GeometryError(
            f"{path} does not say where its voxels lie (space {header.get('space', 'not given')!r})."
            " Save it with a space, space directions and a space origin."
        )
    affine = np.eye(4)
    affine[:3, :3] = (np.asarray(directions, dtype=np.float64) * np.asarray(signs)).T
    affine[:3, 3] = np.asarray(origin, dtype=np.float64) * np.asarray(signs)
    if not np.isfinite(affine).all() or abs(np.linalg.det(affine)) < 1e-12:
        raise GeometryError(f"{path}: its space directions are singular. Save it with valid ones.")
    return affine


def _unpacked(path: Path, body: bytes, header: Any, size: int) -> bytes:
    """The voxels' bytes, never more than the header promised."""
    encoding = str(header["encoding"]).lower()
    if header.get("line skip") or header.get("byte skip"):
        raise FormatError(f"{path} skips lines or bytes before its voxels. Save it without skips.")
    if encoding == "raw":
        raw = body[:size]
    elif encoding in ("gzip", "gz"):
        raw = isal_zlib.decompressobj(wbits=47).decompress(body, size)
    elif encoding in ("bzip2", "bz2"):
        raw = bz2.BZ2Decompressor().decompress(body, size)
    else:
        raise FormatError(f"{path} is encoded as {encoding!r}. Save it as gzip or raw.")
    if len(raw) < size:
        raise FormatError(
            f"{path} ends after {len(raw)} of {size} bytes of voxels. Copy it again from where it came."
        )
    return raw
