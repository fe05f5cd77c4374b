"""MetaImage scans in one file (.mha), through SimpleITK."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmem.core import Geometry
from segmem.core.errors import FormatError, GeometryError, MissingExtraError
from segmem.io.sniff import not_a

_TO_RAS = np.diag([-1.0, -1.0, 1.0])  # ITK's world is left, posterior, superior


def read(path: Path, max_bytes: int) -> tuple[NDArray[np.generic], NDArray[np.float64], dict[str, object]]:
    """See `volume.Format`.

    Raises:
        FormatError, GeometryError: see `volume.read_volume`.
        MissingExtraError: SimpleITK is not installed.
    """
    sitk = _itk()
    _require_own_voxels(path)
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    reader.SetImageIO("MetaImageIO")
    try:
        reader.ReadImageInformation()
        _require_scan(path, reader, max_bytes)
        image = reader.Execute()
    except RuntimeError as why:
        raise not_a(path, "a MetaImage scan", str(why).splitlines()[-1]) from None
    kept: dict[str, object] = {
        "format": "mha",
        "origin": image.GetOrigin(),
        "spacing": image.GetSpacing(),
        "direction": image.GetDirection(),
    }
    return sitk.GetArrayFromImage(image).transpose(2, 1, 0), _affine(path, image), kept


def write(path: Path, array: NDArray[np.uint8], geometry: Geometry) -> None:
    """See `volume.Format`."""
    sitk = _itk()
    image = sitk.GetImageFromArray(np.ascontiguousarray(array.transpose(2, 1, 0)))
    kept = geometry.header
    if kept.get("format") == "mha":
        origin, spacing, direction = kept["origin"], kept["spacing"], kept["direction"]
    else:
        affine = np.asarray(geometry.affine, dtype=np.float64)
        linear = _TO_RAS @ affine[:3, :3]
        steps = np.linalg.norm(linear, axis=0)
        origin, spacing = (_TO_RAS @ affine[:3, 3]).tolist(), steps.tolist()
        direction = (linear / steps).ravel().tolist()
    image.SetOrigin(origin)
    image.SetSpacing(spacing)
    image.SetDirection(direction)
    sitk.WriteImage(image, str(path), useCompression=True)


def _itk() -> Any:
    try:
        import SimpleITK
    except ImportError:
        raise MissingExtraError("MHA scans need SimpleITK. Install it: pip install segmem[itk]") from None
    return SimpleITK


def _require_own_voxels(path: Path) -> None:
    """A MetaImage may name another file for its voxels; that could be any file."""
    with path.open("rb") as file:
        head = file.read(64 * 1024)
    tag = head.find(b"ElementDataFile")
    if tag < 0:
        raise not_a(path, "a MetaImage scan")
    if head[tag:].split(b"\n", 1)[0].partition(b"=")[2].strip() != b"LOCAL":
        raise FormatError(f"{path} keeps its voxels in another file. Save it as one .mha file.")


def _require_scan(path: Path, reader: Any, max_bytes: int) -> None:
    shape = tuple(int(side) for side in reader.GetSize())
    if len(shape) != 3 or reader.GetNumberOfComponents() != 1:
        raise FormatError(
            f"{path} has shape {shape} with {reader.GetNumberOfComponents()} values a voxel;"
            " a scan of three axes and one value was expected. Save one volume of it."
        )
    need = shape[0] * shape[1] * shape[2] * 4
    if need > max_bytes:
        raise FormatError(
            f"{path}: its header says {shape}, which is {need / 1024**3:.1f} GiB, above the limit of"
            f" {max_bytes / 1024**3:.1f} GiB. Is the header right?"
        )


def _affine(path: Path, image: Any) -> NDArray[np.float64]:
    linear = np.asarray(image.GetDirection()).reshape(3, 3) * np.asarray(image.GetSpacing())
    affine = np.eye(4)
    affine[:3, :3] = _TO_RAS @ linear
    affine[:3, 3] = _TO_RAS @ np.asarray(image.GetOrigin())
    if not np.isfinite(affine).all() or abs(np.linalg.det(affine)) < 1e-12:
        raise GeometryError(f"{path}: its directions are singular. Save it with valid ones.")
    return affine
