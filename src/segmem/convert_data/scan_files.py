"""One labelled scan written as NIfTI files: a file for each channel, and a label map on the same grid."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from segmem.convert_data.label_map import LabelMap, Mapper
from segmem.core import Geometry, Labels
from segmem.core.errors import GeometryError
from segmem.data.cases import LabelledCase
from segmem.io.scan_copy import copy_nifti, is_nifti, write_scan
from segmem.io.volume import read_volume, write_volume

SUFFIX = ".nii.gz"


def write_scan_files(
    case: LabelledCase, channels: Sequence[int], images: Sequence[Path], label: Path, wanted: LabelMap
) -> None:
    """Write the named channels of a case, and its labels under their new values.

    A NIfTI file's numbers and place keep their bits; other formats' are written anew.

    Args:
        case: the scan.
        channels: which, by number.
        images: a file for each of them.
        label: the file of the label map.
        wanted: the new values.

    Raises:
        InputError, FormatError, GeometryError: the case cannot be read, or has labels that no map covers.
    """
    mapper, maps, frames = Mapper(wanted), [], []
    copied = bool(case.inputs) and all(is_nifti(path) for path in case.inputs)
    for index, (frame, drawn) in enumerate(case.read()):
        if drawn is None:
            raise GeometryError(
                f"{case.name}: slice {index} has no label map; a scan's labels cover all of it."
            )
        maps.append(mapper(drawn))
        if not copied:
            frames.append(frame)
    mapper.require_covered(case.name)
    for channel, path in zip(channels, images, strict=True):
        if copied:
            _copy(case, channel, path)
        else:
            write_scan(path, torch.stack([frame[channel] for frame in frames]), _place(case))
    geometry = read_volume(images[0]).geometry if copied else _place(case)
    write_volume(Labels(case.name, _turned(maps, case, geometry), geometry), label)


def _copy(case: LabelledCase, channel: int, path: Path) -> None:
    if len(case.inputs) > 1:
        copy_nifti(case.inputs[channel], path)
    else:
        copy_nifti(case.inputs[0], path, channel, max(1, len(case.channels)))


def _place(case: LabelledCase) -> Geometry:
    if case.geometry is None:
        raise GeometryError(f"{case.name}: nothing says where its voxels lie.")
    return case.geometry()


def _turned(maps: Sequence[Tensor], case: LabelledCase, geometry: Geometry) -> Tensor:
    """(T, H, W) on the written image's grid, which is the case's own."""
    frames = torch.stack(list(maps))
    if (frames.shape[1], frames.shape[2]) != geometry.size:
        raise GeometryError(
            f"{case.name}: label slices are {tuple(frames.shape[1:])}, the scan's {geometry.size}."
        )
    return frames
