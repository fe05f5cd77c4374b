"""What labels of a DICOM scan need to go back as DICOM: its planes, its headers, and who made the labels."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmem.core import Geometry, Labels
from segmem.core.errors import GeometryError
from segmem.io.dicom.files import read_header
from segmem.io.dicom.identity import deidentified
from segmem.io.dicom.series import Series
from segmem.io.orientation import Turn, file_array

_OWED = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID"),
    *("AccessionNumber", "ReferringPhysicianName"),
)
"""Elements that every instance must have, empty where nothing is known."""


@dataclass(frozen=True, slots=True)
class Maker:
    """Who made labels.

    Attributes:
        model: its name.
        version: of segmem.
        weights: a hash of them.
        names: of each label value that is not background.
        deidentify: keep the patient's name, ID and dates out of what is written.
    """

    model: str
    version: str
    weights: str
    names: Mapping[int, str]
    deidentify: bool = True

    def name(self, value: int) -> str:
        """Of one label value."""
        return self.names.get(value, f"object {value}")

    def present(self, array: NDArray[np.uint8]) -> list[int]:
        """The values that were found; all that could have been where nothing was."""
        found = [int(value) for value in np.unique(array) if value]
        return found or sorted(value for value in self.names if value) or [1]


@dataclass(frozen=True, slots=True)
class Planes:
    """Where the slices of a scan lie, each by itself.

    Attributes:
        position_mm: (T, 3) centre of the first pixel, (L, P, S).
        column_mm, row_mm: (3,) from a column to the next, from a row to the next.
    """

    position_mm: NDArray[np.float64]
    column_mm: NDArray[np.float64]
    row_mm: NDArray[np.float64]

    def nearest(self, point_mm: NDArray[np.float64]) -> tuple[int, float]:
        """The slice whose plane is nearest to a point, and how far that is in mm."""
        normal = np.cross(self.column_mm, self.row_mm)
        apart = np.abs((self.position_mm - point_mm) @ (normal / np.linalg.norm(normal)))
        return int(apart.argmin()), float(apart.min())

    def to_pixels(self, points_mm: NDArray[np.float64], plane: int) -> NDArray[np.float64]:
        """(N, 3) in a slice's plane to (N, 2) as (row, column)."""
        both = np.stack([self.row_mm, self.column_mm], axis=1)
        return np.asarray(np.linalg.lstsq(both, (points_mm - self.position_mm[plane]).T, rcond=None)[0].T)

    def to_mm(self, pixels: NDArray[np.float64], plane: int) -> NDArray[np.float64]:
        """(N, 2) as (row, column) of a slice to (N, 3)."""
        return np.asarray(
            self.position_mm[plane] + pixels[:, :1] * self.row_mm + pixels[:, 1:] * self.column_mm
        )


def series_of(geometry: Geometry, what: str) -> Series:
    """The series that a geometry was read from.

    Raises:
        GeometryError: it was not a scan of DICOM; `what` could not be made of it.
    """
    series = geometry.header.get("series")
    if not isinstance(series, Series) or series.kind != "volume":
        raise GeometryError(f"{what} belongs to a scan that is DICOM, and this is none. Save it as NIfTI.")
    return series


def planes_of(series: Series) -> Planes:
    """Of a scan."""
    first = series.frames[0]
    turn = np.array(first.orientation, dtype=np.float64).reshape(2, 3)
    rows, columns = first.pixel_mm or (1.0, 1.0)
    at = np.array([frame.position_mm for frame in series.frames], dtype=np.float64)
    return Planes(at, turn[0] * columns, turn[1] * rows)


def slices_of(labels: Labels) -> NDArray[np.uint8]:
    """(T, H, W) as the slices lie in the files, in the order of the series' frames."""
    return np.ascontiguousarray(file_array(labels.frames, labels.geometry).transpose(2, 1, 0))


def frames_of(slices: NDArray[np.uint8], geometry: Geometry) -> NDArray[np.uint8]:
    """(T, H, W) as slices lie in the files, turned as the scan's clip is."""
    turned = Turn(geometry.axes, geometry.flipped).to_frames(slices.transpose(2, 1, 0))
    return np.asarray(turned, dtype=np.uint8)


def sources(series: Series, deidentify: bool) -> list[Any]:
    """The header of each file of a series, in order; without who it is about where that is asked."""
    found = []
    for path in series.files:
        dataset = read_header(path)
        for name in _OWED:
            if name not in dataset:
                setattr(dataset, name, "")
        found.append(deidentified(dataset) if deidentify else dataset)
    return found
