"""Scans and their label maps, whatever the format: the suffix decides who reads."""

from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segmem.core import Clip, Geometry, Labels
from segmem.core.errors import FormatError, GeometryError
from segmem.io.apart import TOLERANCE_MM, off, sizes_told, told
from segmem.io.dicom.files import SUFFIXES as DICOM
from segmem.io.formats import SUFFIXES, case_name, suffix
from segmem.io.orientation import Turn, file_array, scan_clip, turn
from segmem.io.sniff import require_file

MAX_BYTES = 8 * 1024**3


class Format(Protocol):
    """What a module of one scan format offers."""

    def read(
        self, path: Path, max_bytes: int
    ) -> tuple[NDArray[np.generic], NDArray[np.float64], dict[str, object]]:
        """The array on the file's axes, file index -> (R, A, S) in mm, and what `write` needs to keep."""
        ...

    def write(self, path: Path, array: NDArray[np.uint8], geometry: Geometry) -> None:
        """Save a label array on the file's axes."""
        ...


def read_volume(path: Path, name: str | None = None, max_bytes: int = MAX_BYTES) -> Clip:
    """A scan as a clip (T, 1, H, W) float32 of slices, turned to the closest canonical orientation.

    Raises:
        InputError: the file is missing or may not be read.
        FormatError: it is damaged, not 3D, not a scalar scan, or needs more than `max_bytes`.
        GeometryError: it does not say where its voxels lie.
        MissingExtraError: its format needs an optional package.
    """
    array, affine, header = _read(path, max_bytes)
    return scan_clip(case_name(path) if name is None else name, array, affine, header)


def read_label_volume(path: Path, like: Geometry | None = None, max_bytes: int = MAX_BYTES) -> Tensor:
    """A label map (T, H, W) uint8, turned as `read_volume` turns its scan; a DICOM-SEG or RTSTRUCT as their scan is.

    Args:
        like: the scan's geometry; then the label map must be on the same grid and is turned exactly alike.

    Raises:
        FormatError: a value is not a whole number from 0 to 255; and as `read_volume`.
        GeometryError: the grid is not that of `like`; and as `read_volume`.
    """
    if suffix(path) in DICOM:
        return _dicom_labels(path, like, max_bytes)
    array, affine, _ = _read(path, max_bytes)
    labels = _whole(path, array)
    how = turn(affine) if like is None else _turn_like(path, affine, array.shape, like)
    frames = how.to_frames(labels)
    if like is not None and frames.shape[1:] != like.size:
        length = frames.shape[0]
        differ = sizes_told(like, (length, *like.size), frames.shape)
        raise GeometryError(f"{path}: {differ}. Resample one of them onto the other's grid.")
    return torch.from_numpy(frames)


def read_array(path: Path, max_bytes: int = MAX_BYTES) -> tuple[NDArray[np.generic], NDArray[np.float64]]:
    """A scan's values on the file's own axes, unturned, and its affine (4, 4) to (R, A, S) in mm.

    Raises:
        As `read_volume`.
    """
    array, affine, _ = _read(path, max_bytes)
    return array, affine


def write_volume(labels: Labels, path: Path) -> None:
    """Save a label map (T, H, W) uint8 on its scan's own grid, without any descriptive text.

    Raises:
        FormatError: the suffix is not that of a scan format.
        GeometryError: the labels do not come from a scan.
        MissingExtraError: the format needs an optional package.
    """
    if labels.geometry.affine is None:
        raise GeometryError(
            f"{labels.name} is a {labels.geometry.kind} without an affine, so it cannot be saved as {path.name}."
            " Save it as a PNG."
        )
    _format(path).write(path, file_array(labels.frames, labels.geometry), labels.geometry)


def _dicom_labels(path: Path, like: Geometry | None, max_bytes: int) -> Tensor:
    """Of a DICOM-SEG, or of an RTSTRUCT, on the slices of their scan."""
    from segmem.io.dicom.rtstruct import is_rtstruct, read_rtstruct
    from segmem.io.dicom.seg import read_seg

    require_file(path, "a label map")
    if not is_rtstruct(path):
        return read_seg(path, like, max_bytes).frames
    if like is None:
        raise GeometryError(
            f"{path} holds contours, which are filled on the slices of their scan. Give it too."
        )
    return read_rtstruct(path, like).frames


def _read(path: Path, max_bytes: int) -> tuple[NDArray[np.generic], NDArray[np.float64], dict[str, object]]:
    form = _format(path)
    require_file(path, "a scan")
    return form.read(path, max_bytes)


def _format(path: Path) -> Format:
    known = suffix(path)
    if known in (".nii", ".nii.gz"):
        from segmem.io import nifti

        return nifti
    if known == ".nrrd":
        from segmem.io import nrrd

        return nrrd
    if known == ".mha":
        from segmem.io import mha

        return mha
    raise FormatError(f"{path} is not a scan by its name. Known: {' '.join(SUFFIXES['volume'])}.")


def _whole(path: Path, array: NDArray[np.generic]) -> NDArray[np.uint8]:
    if array.dtype == np.uint8:
        return array.view(np.uint8)
    if array.dtype.kind in "iu" and int(array.min()) >= 0 and int(array.max()) <= 255:
        return array.astype(np.uint8)
    with np.errstate(invalid="ignore"):  # what does not fit is found by the comparison
        labels = array.astype(np.uint8)
    wrong = array[labels != array]
    if wrong.size:
        found = ", ".join(f"{value:g}" for value in np.unique(wrong)[:5])
        raise FormatError(
            f"{path}: a label map holds whole numbers from 0 to 255, this one has {found}."
            " Round or map them first; was it resampled with interpolation?"
        )
    return labels


def _turn_like(path: Path, affine: NDArray[np.float64], shape: tuple[int, ...], like: Geometry) -> Turn:
    scan = np.asarray(like.affine)
    if off(scan, affine) > TOLERANCE_MM:
        raise GeometryError(
            f"{path}: the label map does not lie where its scan does: {told(scan, affine, shape)}."
            " Resample one of them onto the other's grid."
        )
    return Turn(like.axes, like.flipped)
