"""DICOM-SEG to labels: onto the scan that they belong to, or on the grid that the file itself describes."""

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from segmem.core import Geometry, Labels
from segmem.core.errors import FormatError, GeometryError
from segmem.io.dicom.elements import first_item
from segmem.io.dicom.files import read_header
from segmem.io.dicom.grid import grid_of
from segmem.io.dicom.header import Frame, read_frames
from segmem.io.dicom.pixels import bits, stored
from segmem.io.dicom.source import frames_of, planes_of, series_of
from segmem.io.dicom.syntax import packed
from segmem.io.formats import case_name

MAX_BYTES = 8 * 1024**3
_CLASS = "1.2.840.10008.5.1.4.1.1.66.4"
_LABEL_MAP = "1.2.840.10008.5.1.4.1.1.66.7"
_NEAR_MM = 0.01
_VALUE = re.compile(r"label (\d+)$")


@dataclass(frozen=True, slots=True)
class _Seg:
    """What a file says before its pixels: a value for each segment, and which segment each frame is of."""

    frames: tuple[Frame, ...]
    segment: tuple[int, ...]
    value: dict[int, int]
    names: dict[int, str]
    size: tuple[int, int]
    highest: int
    """Of a fractional segment's values; 1 of a binary one's."""
    label_map: bool
    plain_bits: bool
    """A bit for each pixel, not compressed."""


def is_seg(path: Path) -> bool:
    """Whether a DICOM file is a segmentation."""
    return str(read_header(path, ()).get("SOPClassUID")) in {_CLASS, _LABEL_MAP}


def read_seg(path: Path, like: Geometry | None = None, max_bytes: int = MAX_BYTES) -> Labels:
    """Labels (T, H, W) uint8. A pixel of several segments gets the last one; where that is so, it is told.

    Args:
        like: of the DICOM scan; the labels then lie on its slices, and what the file leaves out is background.
            Without it the grid is that of the file's own frames, empty slices between them filled in.

    Raises:
        FormatError: it is no DICOM-SEG, is damaged, or needs more than `max_bytes`.
        GeometryError: its frames lie elsewhere than the slices of `like`, or on no grid.
    """
    seg = _described(path)
    if like is None:
        at, count, geometry = grid_of(path, seg.frames, seg.size)
    else:
        at, count, geometry = _on(path, seg, like), series_of(like, "A DICOM-SEG").shape[0], like
    need = count * seg.size[0] * seg.size[1]
    if need > max_bytes:
        raise FormatError(f"{path}: its header says {need / 1024**3:.1f} GiB of labels. Is the header right?")
    slices = np.zeros((count, *seg.size), np.uint8)
    over = 0
    for index, array in enumerate(_arrays(path, seg)):
        over += _put(slices[at[index]], array, seg, seg.segment[index])
    if over:
        warnings.warn(
            f"{path.name}: {over} pixels are in several segments; the last one counts.", stacklevel=2
        )
    return Labels(case_name(path), torch.from_numpy(frames_of(slices, geometry)), geometry)


def segment_names(path: Path) -> dict[int, str]:
    """Of each label value."""
    return _described(path).names


def _arrays(path: Path, seg: _Seg) -> Iterator[NDArray[np.generic]]:
    """Each frame's pixels, in order. Bits are unpacked here, as frames need not begin with a byte."""
    if seg.plain_bits:
        return bits(path, range(len(seg.frames)), seg.size)
    return (array for _, array in stored(seg.frames, seg.size))


def _put(target: NDArray[np.uint8], array: NDArray[np.generic], seg: _Seg, segment: int) -> int:
    """Write one frame's labels; how many pixels had one already."""
    if seg.label_map:
        table = np.zeros(int(array.max()) + 1, np.uint8)
        for number, value in seg.value.items():
            if number < len(table):
                table[number] = value
        target[...] = table[array.astype(np.int64)]
        return 0
    inside = np.asarray(2 * array.astype(np.int64) >= seg.highest)
    over = int((inside & (target > 0)).sum())
    target[inside] = seg.value[segment]
    return over


def _described(path: Path) -> _Seg:
    dataset, header = read_header(path), read_frames(path)
    if header is None or header.sop_class not in {_CLASS, _LABEL_MAP}:
        raise FormatError(f"{path} is no DICOM-SEG. Give the segmentation, or a label map as NIfTI.")
    label_map = header.sop_class == _LABEL_MAP
    try:
        value, names = _values(path, dataset)
        groups = dataset.get("PerFrameFunctionalGroupsSequence") or []
        segment = tuple(1 if label_map else _segment(dataset, group) for group in groups)
        fractional = str(dataset.get("SegmentationType")) == "FRACTIONAL"
        highest = int(dataset.get("MaximumFractionalValue") or 255) if fractional else 1
        plain = int(dataset.get("BitsAllocated") or 8) == 1 and not packed(header.syntax)
    except FormatError:
        raise
    except Exception as why:  # an element's value is parsed when it is asked for, and may be anything
        raise FormatError(f"{path}: a DICOM-SEG whose segments are not described ({why}).") from None
    if len(segment) < len(header.frames) or not (label_map or set(segment) <= set(value)):
        raise FormatError(f"{path}: a DICOM-SEG whose frames name segments that it does not describe.")
    return _Seg(header.frames, segment, value, names, header.size, highest, label_map, plain)


def _values(path: Path, dataset: Any) -> tuple[dict[int, int], dict[int, str]]:
    value, names = {}, {}
    for item in dataset.SegmentSequence:
        number = int(item.SegmentNumber)
        ours = _VALUE.match(str(item.get("SegmentDescription") or ""))
        value[number] = int(ours[1]) if ours and str(dataset.get("Manufacturer")) == "segmem" else number
        if value[number] > 255:
            raise FormatError(f"{path}: segment {number} does not fit a label map of 255 values.")
        names[value[number]] = str(item.get("SegmentLabel") or number)
    return value, names


def _segment(dataset: Any, group: Any) -> int:
    shared = first_item(dataset, "SharedFunctionalGroupsSequence")
    item = first_item(group, "SegmentIdentificationSequence")
    if item is None:
        item = first_item(shared, "SegmentIdentificationSequence")
    return int(item.ReferencedSegmentNumber)


def _on(path: Path, seg: _Seg, like: Geometry) -> list[int]:
    """Which slice of a scan each frame lies on."""
    series = series_of(like, "A DICOM-SEG")
    planes = planes_of(series)
    if seg.size != series.shape[1:]:
        raise GeometryError(
            f"{path}: its frames are {seg.size} (rows, columns), the scan's {series.shape[1:]}."
        )
    at = []
    for frame in seg.frames:
        if frame.position_mm is None or frame.orientation is None:
            raise GeometryError(f"{path}: a frame does not say where it lies.")
        point = np.array(frame.position_mm)
        slice_, _ = planes.nearest(point)
        off = float(np.linalg.norm(planes.position_mm[slice_] - point))
        turned = float(np.abs(np.subtract(frame.orientation, series.frames[0].orientation or ())).max())
        if off > _NEAR_MM or turned > 1e-3:
            raise GeometryError(
                f"{path}: frame {frame.number + 1} lies {off:.3g} mm from the nearest slice of the scan, or is"
                " turned. It belongs to another series."
            )
        at.append(slice_)
    return at
