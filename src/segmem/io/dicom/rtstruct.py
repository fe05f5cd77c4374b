"""RTSTRUCT to labels: its contours filled on the slices of the scan that they were drawn on."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from segmem.core import Geometry, Labels
from segmem.core.errors import FormatError, GeometryError
from segmem.io.contours import Loop, filled
from segmem.io.dicom.files import read_header
from segmem.io.dicom.source import Planes, frames_of, planes_of, series_of
from segmem.io.formats import case_name

CLASS = "1.2.840.10008.5.1.4.1.1.481.3"
_FAR_MM = 1e6
_PLANAR = ("CLOSED_PLANAR", "CLOSED_PLANAR_XOR")


def is_rtstruct(path: Path) -> bool:
    """Whether a DICOM file is a set of contours."""
    return str(read_header(path, ()).get("SOPClassUID")) == CLASS


def read_rtstruct(path: Path, like: Geometry) -> Labels:
    """Labels (T, H, W) uint8, the values being the regions' numbers.

    A pixel belongs to a region where its centre is inside an odd number of its contours; where it belongs to several
    regions, the last one counts, and it is told. Points and open lines are passed over.

    Args:
        like: of the DICOM scan.

    Raises:
        FormatError: it is no RTSTRUCT, is damaged, or a number does not fit a label map.
        GeometryError: a contour lies in no slice of the scan.
    """
    series = series_of(like, "An RTSTRUCT")
    if not is_rtstruct(path):
        raise FormatError(f"{path} is no RTSTRUCT. Give a file of contours.")
    planes, (t, h, w) = planes_of(series), series.shape
    slices = np.zeros((t, h, w), np.uint8)
    over = 0
    for number, loops in _regions(path).items():
        for index, group in _by_slice(path, loops, planes, (series.spacing_mm or (1.0,))[0]).items():
            inside = filled(group, (h, w))
            over += int((inside & (slices[index] > 0)).sum())
            slices[index][inside] = number
    if over:
        warnings.warn(
            f"{path.name}: {over} pixels are in several regions; the last one counts.", stacklevel=2
        )
    return Labels(case_name(path), torch.from_numpy(frames_of(slices, like)), like)


def region_names(path: Path) -> dict[int, str]:
    """The name of each region by its number."""
    items = read_header(path).get("StructureSetROISequence") or []
    return {int(item.ROINumber): str(item.get("ROIName") or item.ROINumber) for item in items}


def _regions(path: Path) -> dict[int, list[NDArray[np.float64]]]:
    """The closed contours of each region, (N, 3) in patient mm."""
    found: dict[int, list[NDArray[np.float64]]] = {}
    try:
        for item in read_header(path).get("ROIContourSequence") or []:
            number = int(item.ReferencedROINumber)
            if not 0 < number <= 255:
                raise FormatError(f"{path}: region {number} does not fit a label map, which has 1 to 255.")
            found[number] = [_points(c) for c in item.get("ContourSequence") or [] if _closed(c)]
    except FormatError:
        raise
    except Exception as why:  # an element's value is parsed when it is asked for, and may be anything
        raise FormatError(f"{path}: its contours are damaged ({why}). Export it again.") from None
    return dict(sorted(found.items()))


def _closed(contour: Any) -> bool:
    return str(contour.get("ContourGeometricType")) in _PLANAR


def _points(contour: Any) -> NDArray[np.float64]:
    points = np.array([float(x) for x in contour.ContourData], dtype=np.float64).reshape(-1, 3)
    if not len(points) or not np.abs(points).max() < _FAR_MM:
        raise ValueError("a point is nowhere")
    return points


def _by_slice(
    path: Path, contours: list[NDArray[np.float64]], planes: Planes, step_mm: float
) -> dict[int, list[Loop]]:
    groups: dict[int, list[Loop]] = {}
    for points in contours:
        index, off = planes.nearest(points.mean(axis=0))
        if off > step_mm / 2:
            raise GeometryError(
                f"{path}: a contour lies {off:.2f} mm from the nearest slice. It was drawn on another series."
            )
        groups.setdefault(index, []).append(planes.to_pixels(points, index))
    return groups
