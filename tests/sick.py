"""Files with one fault each, and the codes of what is found in them."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

from segmem.doctor.finding import Finding

SHAPE = (6, 7, 5)
STRAIGHT = np.diag([1.0, 1.5, 3.0, 1.0])


def codes(findings: Iterable[Finding]) -> set[str]:
    """What was found, by code."""
    return {one.code for one in findings}


def of(findings: Sequence[Finding], code: str) -> Finding:
    """The one finding of a code."""
    (one,) = [finding for finding in findings if finding.code == code]
    return one


def voxels(shape: Sequence[int] = SHAPE) -> np.ndarray:
    """Values that are no label map's."""
    return np.random.default_rng(0).integers(1, 900, tuple(shape)).astype(np.int16)


def labels(value: int = 1, shape: Sequence[int] = SHAPE) -> np.ndarray:
    """A box of one class, (shape) uint8."""
    made = np.zeros(tuple(shape), np.uint8)
    made[1:4, 2:5, 1:4] = value
    return made


def nifti(
    path: Path,
    array: np.ndarray | None = None,
    affine: np.ndarray = STRAIGHT,
    sform: int = 1,
    qform: int = 0,
    **fields: Any,
) -> Path:
    """A NIfTI whose header has `affine` under the codes asked for, and then `fields` as given."""
    image = nib.Nifti1Image(voxels() if array is None else array, None)
    header = image.header
    if sform:
        header.set_sform(affine, code=sform)
        header.set_zooms((*np.linalg.norm(affine[:3, :3], axis=0), *[1.0] * (image.ndim - 3)))
    if qform:
        header.set_qform(affine, code=qform)
    for name, value in fields.items():
        header[name] = value
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(image, path)
    return path


def nrrd(path: Path, array: np.ndarray | None = None, *lines: str) -> Path:
    """A raw NRRD with more lines in its header."""
    array = voxels() if array is None else array
    head = [
        "NRRD0004",
        f"type: {array.dtype}",
        "dimension: 3",
        "space: right-anterior-superior",
        f"sizes: {' '.join(map(str, array.shape))}",
        "space directions: (1,0,0) (0,1.5,0) (0,0,3)",
        "endian: little",
        "encoding: raw",
        "space origin: (0,0,0)",
        *lines,
    ]
    path.write_bytes("\n".join(head).encode() + b"\n\n" + array.tobytes(order="F"))
    return path


def mha(path: Path, *lines: str) -> Path:
    """A raw MetaImage with more lines in its header."""
    array = voxels()
    head = [
        "ObjectType = Image",
        "NDims = 3",
        "BinaryData = True",
        "BinaryDataByteOrderMSB = False",
        "CompressedData = False",
        *lines,
        "TransformMatrix = 1 0 0 0 1 0 0 0 1",
        "Offset = 0 0 0",
        "ElementSpacing = 1 1.5 3",
        f"DimSize = {' '.join(map(str, array.shape))}",
        "ElementType = MET_SHORT",
        "ElementDataFile = LOCAL",
    ]
    path.write_bytes("\n".join(head).encode() + b"\n" + array.tobytes(order="F"))
    return path
