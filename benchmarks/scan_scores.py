"""What the benchmarks of scans share: who is held out, how an answer is scored, and the table.

NSD and HD95 are in mm of the file's spacing, which is nominal for some data.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segmem.core import Geometry
from segmem.data.cases import LabelledCase
from segmem.io.volume import read_label_volume, read_volume
from segmem.metrics.interval import Interval, interval
from segmem.metrics.overlap import dice
from segmem.metrics.surface import surface_distances
from segmem.metrics.surface_dice import surface_dice
from segmem.train.held_out import parted_sources
from segmem.train.listing import chosen_split, listed
from segmem.train.settings import TrainSettings

NUMBERS = ("dice", "nsd", "hd95")


@dataclass(frozen=True, slots=True)
class Row:
    """One class of one case. NaN: neither the truth nor the answer has it; infinite: one of them has."""

    model: str
    case: str
    group: str
    label: str
    dice: float
    nsd: float
    hd95: float


def parted(settings: TrainSettings, data: Path) -> tuple[list[LabelledCase], list[LabelledCase]]:
    """The cases a preset trains on, and those it holds out; else the validation part of its split."""
    whole = [listed(source, data / source.path) for source in settings.data.sources]
    sources = parted_sources(settings, whole)
    split = chosen_split(settings, data, whole, [part.kept for part in sources])
    held = [case for part in sources for case in part.held] or split.validation
    return list(split.train), sorted(held, key=lambda case: case.name)


def scored(
    model: str, case: LabelledCase, found: NDArray[np.uint8], settings: TrainSettings, tolerance_mm: float
) -> Iterator[Row]:
    """A row a class of an answer (D, H, W) on the scan's own grid."""
    names = settings.model.classes
    geometry = read_volume(case.files[0]).geometry
    assert geometry.spacing_mm is not None
    truth = truth_of(case, geometry, settings)
    overlap = dice(found, truth, len(names))
    for value, name in enumerate(names[1:], start=1):
        ours, theirs = found == value, truth == value
        nsd = surface_dice(ours, theirs, geometry.spacing_mm, tolerance_mm)
        far = surface_distances(ours, theirs, geometry.spacing_mm).hausdorff(95)
        yield Row(model, case.name, case.group, name, float(overlap[value]), nsd, far)


def truth_of(case: LabelledCase, geometry: Geometry, settings: TrainSettings) -> NDArray[np.uint8]:
    """The classes (D, H, W) of a case's label on its scan's grid."""
    (source,) = settings.data.sources
    label = read_label_volume(case.files[1], geometry).numpy()
    return np.vectorize(lambda value: source.label_map.get(value, value), otypes=[np.uint8])(label)


def write(rows: Sequence[Row], out: Path) -> None:
    """The table, replaced as a whole."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("w", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(("model", "case", "group", "class", *NUMBERS))
        for row in rows:
            numbers = (f"{getattr(row, name):.4f}" for name in NUMBERS)
            lines.writerow((row.model, row.case, row.group, row.label, *numbers))


def read(path: Path) -> list[Row]:
    """What `write` wrote."""
    with path.open(newline="") as file:
        return [
            Row(
                *(line[name] for name in ("model", "case", "group", "class")),
                *(float(line[name]) for name in NUMBERS),
            )
            for line in csv.DictReader(file)
        ]


def tell(rows: Sequence[Row], tolerance_mm: float) -> None:
    """Means over cases with intervals over patients, on the screen; first of all classes, then of each."""
    for model in dict.fromkeys(row.model for row in rows):
        ours = [row for row in rows if row.model == model]
        for label in ("mean of classes", *dict.fromkeys(row.label for row in ours)):
            chosen = ours if label == "mean of classes" else [row for row in ours if row.label == label]
            numbers = ", ".join(f"{name} {said(mean_over_cases(chosen, name))}" for name in NUMBERS)
            print(f"{model} | {label}: {numbers} (NSD at {tolerance_mm:g} mm)", flush=True)


def mean_over_cases(rows: Sequence[Row], name: str) -> Interval:
    """Of a case's mean over its classes."""
    cases: dict[str, list[float]] = {}
    for row in rows:
        cases.setdefault(row.case, []).append(getattr(row, name))
    values = {case: float(np.nanmean(numbers)) for case, numbers in cases.items()}
    return interval(values, {row.case: row.group for row in rows})


def said(one: Interval) -> str:
    """A mean, its interval where more than one patient is there, and in how many cases there was none."""
    if np.isnan(one.mean):
        return f"{one.missed} not found"
    left_out = f", {one.missed} not found" if one.missed else ""
    around = "" if np.isnan(one.low) else f" [{one.low:.3f}, {one.high:.3f}]"
    return f"{one.mean:.3f}{around}{left_out}"
