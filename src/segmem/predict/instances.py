"""Several objects of one class in a scan: each connected piece by a number of its own, and a table of them."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segmem.core import Labels
from segmem.io.orientation import Turn
from segmem.io.outputs import write_text_atomic
from segmem.ops.components import number_pieces
from segmem.predict.tidy import voxel_mm3

COLUMNS = ("instance", "class", "name", "volume_ml", "voxels", "r_mm", "a_mm", "s_mm")


@dataclass(frozen=True, slots=True)
class Instance:
    """One piece.

    Attributes:
        number: in the label map of pieces.
        value, name: of its class.
        voxels: how many it has.
        volume_ml: their volume.
        centre_mm: mean place of its voxels, towards right, front and head.
    """

    number: int
    value: int
    name: str
    voxels: int
    volume_ml: float
    centre_mm: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Instances:
    """Label maps of pieces on the scan's own grid, and what each number is."""

    labels: Labels
    each: tuple[Instance, ...]


def instances_of(labels: Labels, names: dict[int, str]) -> Instances:
    """The connected pieces of a scan's classes; see `ops.components.number_pieces`.

    Args:
        labels: with an affine.
        names: of classes.
    """
    numbers, classes = number_pieces(labels.frames)
    geometry = labels.geometry
    on_file = Turn(geometry.axes, geometry.flipped).to_file(numbers.numpy())
    affine, voxel_ml = np.asarray(geometry.affine), voxel_mm3(geometry) / 1000
    each = []
    for number, value in enumerate(classes, start=1):
        places = np.argwhere(on_file == number)
        r, a, s = (affine[:3, :3] @ places.mean(axis=0) + affine[:3, 3]).tolist()
        name = names.get(value, f"object {value}")
        each.append(Instance(number, value, name, len(places), len(places) * voxel_ml, (r, a, s)))
    return Instances(Labels(labels.name, numbers, geometry), tuple(each))


def write_instances(path: Path, found: Instances) -> None:
    """The table as CSV, a line a piece.

    Raises:
        OutputError: it cannot be written.
    """
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(COLUMNS)
    for one in found.each:
        where = (f"{place:.2f}" for place in one.centre_mm)
        lines.writerow([one.number, one.value, one.name, f"{one.volume_ml:.4f}", one.voxels, *where])
    write_text_atomic(path, text.getvalue())
