"""Mask prompts from files: a picture, or the slice of a label map; one object, or one for each of its values."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from segmem.core import Geometry, Prompt
from segmem.core.errors import PromptError
from segmem.io.dicom.files import SUFFIXES as DICOM
from segmem.io.formats import form
from segmem.predict.said import Said

if TYPE_CHECKING:
    from torch import Tensor

MOST = 32
"""A file with more values than this is taken for a picture in grey, not for a label map."""


def masks(said: Said, frame: int, geometry: Geometry, length: int | None) -> list[Prompt]:
    """The mask that `said` names, as prompts on `frame`; none where it names none.

    With an object id, what is not zero is that object. Without, a file of several values is one object for each
    value; a file of one value is object 1, whatever the value.

    Raises:
        InputError: the file cannot be read.
        GeometryError: a label map is on another grid than the scan.
        PromptError: the file holds nothing, is a scan's where the input is none, or has too many values.
    """
    if said.mask is None:
        return []
    values = _values(said, said.mask, frame, geometry, length)
    ids = [int(value) for value in np.unique(values.numpy()) if value]
    if not ids:
        raise PromptError(f"{said.words}: the mask is empty{_there(said.mask, frame)}. Not zero is inside.")
    if said.object is not None or len(ids) == 1:
        which = 1 if said.object is None else said.object
        return [Prompt(frame, which, mask=values != 0, rough=said.rough)]
    if len(ids) > MOST:
        raise PromptError(
            f"{said.words}: the mask has {len(ids)} values besides 0, too many for a label map."
            " Name the object, then all that is not zero is inside it; or save it without smoothing."
        )
    return [Prompt(frame, value, mask=values == value, rough=said.rough) for value in ids]


def _values(said: Said, path: Path, frame: int, geometry: Geometry, length: int | None) -> "Tensor":
    """(H, W) uint8."""
    if not _is_scan(path):
        from segmem.io.masks import read_mask

        return read_mask(path)
    from segmem.io.volume import read_label_volume

    if geometry.affine is None:
        raise PromptError(
            f"{said.words} is a label map of a scan, the input is not a scan. Save the mask as PNG."
        )
    slices = read_label_volume(path, like=geometry)
    if len(slices) != length or not 0 <= frame < len(slices):
        raise PromptError(
            f"{said.words} has {len(slices)} slices, the scan has {length}; slice {frame} was asked for."
        )
    return slices[frame]


def _there(path: Path, frame: int) -> str:
    return f" on slice {frame}" if _is_scan(path) else ""


def _is_scan(path: Path) -> bool:
    """Whether it is a label map of a scan: a DICOM-SEG or RTSTRUCT is one too."""
    return form(path) == "volume" or path.suffix.lower() in DICOM
