"""One DICOM series as a clip: a scan on its own grid, a video, or a picture."""

import warnings
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from segmem.core import Clip
from segmem.core.errors import FormatError, GeometryError
from segmem.io.dicom.order import along_normal, at_one_place, stack
from segmem.io.dicom.pixels import in_units, stored
from segmem.io.dicom.problems import refuse
from segmem.io.dicom.series import Series
from segmem.io.dicom.video import DicomVideo
from segmem.io.orientation import scan_clip


def read_clip(series: Series, name: str, *, allow_gaps: bool, max_bytes: int) -> Clip:
    """A series whole: a volume (T, 1, H, W) float32 in its own units, else (T, 3, H, W) uint8 RGB.

    What is noted of the series is warned of.

    Args:
        allow_gaps: read a scan with gaps, uneven steps, or copies of a slice. Copies are dropped where their pixels
            are the same.

    Raises:
        GeometryError: the slices make no grid: gaps or copies that were not allowed, several orientations.
        FormatError: a file is damaged, larger than `max_bytes`, or packed in a way that cannot be unpacked here.
    """
    refuse(series, name, allow_gaps)
    warn(series, name)
    t, h, w = series.shape
    need = t * h * w * (4 if series.kind == "volume" else 3)
    if need > max_bytes:
        raise FormatError(
            f"{name}: its headers say {series.shape}, which is {need / 1024**3:.1f} GiB, above the limit of"
            f" {max_bytes / 1024**3:.1f} GiB. Are the headers right?"
        )
    if series.kind == "volume":
        return _scan(series, name)
    video = DicomVideo(series, name)
    return Clip(name, torch.stack(list(video)), video.geometry)


def warn(series: Series, name: str) -> None:
    """Tell what should be known of a series that is read."""
    for problem in series.problems:
        warnings.warn(f"{name}: {problem.words}.", stacklevel=1)


def _scan(series: Series, name: str) -> Clip:
    t, h, w = series.shape
    values = np.empty((t, h, w), np.float32)
    for index, (frame, array) in enumerate(stored(series.frames, (h, w))):
        values[index] = in_units(frame, array, series.photometric)
    series, values = _without_copies(series, name, values)
    if any(problem.code in {"gap", "uneven"} for problem in series.problems):
        _say_places(series, name)
    header: dict[str, object] = {"format": "dicom", "series": series}
    return scan_clip(name, values.transpose(2, 1, 0), np.asarray(series.affine, dtype=np.float64), header)


def _without_copies(
    series: Series, name: str, values: NDArray[np.float32]
) -> tuple[Series, NDArray[np.float32]]:
    """Drop slices that lie where the one before does and show the same.

    Raises:
        GeometryError: they show something else.
    """
    again = at_one_place(series.frames)
    if not any(again):
        return series, values
    other = [i for i, same in enumerate(again) if same and not np.array_equal(values[i], values[i - 1])]
    if other:
        raise GeometryError(
            f"{name}: {len(other)} slices lie where another one does and show something else (the first is number"
            f" {other[0] + 1} in order). Keep one time or one contrast of the series."
        )
    kept = [i for i, same in enumerate(again) if not same]
    found = stack([series.frames[i] for i in kept], None)
    assert found is not None  # noqa: S101  all of them were placed before
    warnings.warn(f"{name}: {len(again) - len(kept)} copies of slices were dropped.", stacklevel=1)
    problems = (*found.problems, *(p for p in series.problems if p.weight == "note"))
    cut = replace(
        series,
        frames=found.frames,
        shape=(len(kept), *series.shape[1:]),
        affine=found.affine,
        spacing_mm=found.spacing_mm,
        problems=problems,
    )
    return cut, values[kept]


def _say_places(series: Series, name: str) -> None:
    places = ", ".join(f"{value:.2f}" for value in along_normal(series.frames))
    step = (series.spacing_mm or (0.0,))[0]
    warnings.warn(
        f"{name}: slices lie at {places} mm along their normal. NIfTI, NRRD and MHA can say equal steps only"
        f" ({step:.2f} mm from the first slice on); DICOM-SEG and RTSTRUCT keep each slice's place.",
        stacklevel=1,
    )
