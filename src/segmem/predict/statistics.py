"""What was found in a scan, class by class: how much of it, how bright, on which slices."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segmem.core import Clip, Geometry, Labels
from segmem.io.orientation import world_axes
from segmem.io.outputs import write_text_atomic
from segmem.predict.tidy import voxel_mm3

COLUMNS = (
    *("class", "name", "volume_ml", "voxels", "mean", "sd", "slices", "first_slice", "last_slice"),
    "slice_axis",
)
_PLANES = ("sagittal", "coronal", "axial")


@dataclass(frozen=True, slots=True)
class ClassStatistics:
    """Of one class in one scan.

    Attributes:
        value, name: of the class.
        voxels: how many it has.
        volume_ml: their volume.
        mean, sd: of the scan's own values inside, those that are no numbers left out; None where there is none.
        slices: on how many it is seen.
        first, last: of them, as numbers along the file's own axis, from 0, which a viewer shows; None where none is.
    """

    value: int
    name: str
    voxels: int
    volume_ml: float
    mean: float | None
    sd: float | None
    slices: int
    first: int | None
    last: int | None


def statistics(clip: Clip, labels: Labels, names: dict[int, str]) -> list[ClassStatistics]:
    """A line for each of `names`, absent ones too. Of a scan with several channels, the mean over them is taken."""
    values = clip.frames.float().mean(dim=1).numpy()
    found = labels.frames.numpy()
    volume_ml = voxel_mm3(clip.geometry) / 1000
    return [_of(value, name, values, found, volume_ml, clip.geometry) for value, name in names.items()]


def write_statistics(path: Path, found: list[ClassStatistics], geometry: Geometry) -> None:
    """As CSV, one line a class; cells of what an absent class does not have are empty.

    Raises:
        OutputError: it cannot be written.
    """
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(COLUMNS)
    plane = _PLANES[world_axes(geometry)[0]]
    for one in found:
        told = [one.value, one.name, f"{one.volume_ml:.4f}", one.voxels, _told(one.mean), _told(one.sd)]
        lines.writerow([*told, one.slices, _told(one.first), _told(one.last), plane])
    write_text_atomic(path, text.getvalue())


def _of(
    value: int,
    name: str,
    values: NDArray[np.float32],
    found: NDArray[np.uint8],
    voxel_ml: float,
    geometry: Geometry,
) -> ClassStatistics:
    inside = found == value
    count = int(inside.sum())
    bright = values[inside]
    bright = bright[np.isfinite(bright)].astype(np.float64)
    on = np.flatnonzero(inside.any(axis=(1, 2)))
    if geometry.flipped[0]:
        on = len(found) - 1 - on[::-1]
    return ClassStatistics(
        value=value,
        name=name,
        voxels=count,
        volume_ml=count * voxel_ml,
        mean=float(bright.mean()) if bright.size else None,
        sd=float(bright.std()) if bright.size else None,
        slices=len(on),
        first=int(on[0]) if len(on) else None,
        last=int(on[-1]) if len(on) else None,
    )


def _told(number: float | None) -> str:
    return "" if number is None else f"{number:.4f}" if isinstance(number, float) else str(number)
