"""Lines of the long table that come from two label maps: of a frame, a slice, a whole scan."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import inf, isfinite

import numpy as np

from segmem.evaluate.opened import Map
from segmem.evaluate.table import Row, class_rows
from segmem.metrics.davis import contour
from segmem.metrics.overlap import confusion, dice_of, iou_of
from segmem.metrics.presence import presence
from segmem.metrics.slices import slice_consistency
from segmem.metrics.surface import surface_distances
from segmem.metrics.surface_dice import surface_dice
from segmem.metrics.volume import volume_errors

AREA, TRUE_AREA = "area_px", "area_px_of_truth"


def frame_rows(
    case: str,
    index: int,
    truth: Map,
    found: Map,
    classes: Sequence[str],
    tolerances: Sequence[float] | None,
) -> list[Row]:
    """Of an image or a video's frame; lengths are pixels. `tolerances` of each class, None for no surfaces."""
    counts = confusion(found, truth, len(classes))
    overlap, region = dice_of(counts)[1:], iou_of(counts)[1:]
    outline = np.array([contour(found == one, truth == one) for one in range(1, len(classes))])
    columns = {
        "dice": overlap,
        "iou": region,
        "f": outline,
        "j_and_f": (region + outline) / 2,
        AREA: counts.sum(axis=0)[1:].astype(float),
        TRUE_AREA: counts.sum(axis=1)[1:].astype(float),
    }
    rows = [
        row for metric, values in columns.items() for row in class_rows(case, index, metric, values, classes)
    ]
    return rows + surface_rows(case, index, truth, found, classes, (1.0, 1.0), "px", tolerances)


def slice_rows(case: str, maps: Iterable[tuple[Map, Map]], classes: Sequence[str]) -> list[Row]:
    """Of a scan's slices, truth first: Dice and areas, in pixels."""
    rows: list[Row] = []
    for index, (truth, found) in enumerate(maps):
        counts = confusion(found, truth, len(classes))
        rows += class_rows(case, index, "dice", dice_of(counts)[1:], classes)
        rows += class_rows(case, index, AREA, counts.sum(axis=0)[1:].astype(float), classes)
        rows += class_rows(case, index, TRUE_AREA, counts.sum(axis=1)[1:].astype(float), classes)
    return rows


def volume_rows(
    case: str,
    maps: Sequence[tuple[Map, Map]],
    classes: Sequence[str],
    spacing_mm: Sequence[float],
    tolerances: Sequence[float] | None,
) -> list[Row]:
    """Of a scan as a whole; lengths are millimetres."""
    truth, found = (np.stack([pair[place] for pair in maps]) for place in (0, 1))
    counts = confusion(found, truth, len(classes))
    errors = volume_errors(counts, spacing_mm)[1:]
    columns: dict[str, Iterable[float]] = {
        "dice": dice_of(counts)[1:],
        "iou": iou_of(counts)[1:],
        "volume_ml": [one.found_ml for one in errors],
        "volume_ml_of_truth": [one.truth_ml for one in errors],
        "volume_error_ml": [one.ml for one in errors],
        "volume_error_percent": [one.percent for one in errors],
        "volume_error_abs_percent": [abs(one.percent) for one in errors],
    }
    for whose, labels in (("", found), ("_of_truth", truth)):
        each = slice_consistency(labels, len(classes)).classes
        columns[f"slice_consistency{whose}"] = [one.mean for one in each]
    rows = [
        row for metric, values in columns.items() for row in class_rows(case, None, metric, values, classes)
    ]
    return rows + surface_rows(case, None, truth, found, classes, spacing_mm, "mm", tolerances)


def surface_rows(
    case: str,
    index: int | None,
    truth: Map,
    found: Map,
    classes: Sequence[str],
    spacing: Sequence[float],
    unit: str,
    tolerances: Sequence[float] | None,
) -> list[Row]:
    """HD95, ASSD and NSD of each class; its tolerance is part of NSD's name."""
    rows: list[Row] = []
    for one, tolerance in enumerate(tolerances or (), start=1):
        ours, theirs = found == one, truth == one
        apart = surface_distances(ours, theirs, spacing)
        values = {
            f"hd95_{unit}": apart.hausdorff(),
            f"assd_{unit}": apart.average,
            f"nsd_{tolerance:g}{unit}": surface_dice(ours, theirs, spacing, tolerance),
        }
        for metric, value in values.items():
            rows += class_rows(case, index, metric, [value], (classes[0], classes[one]))
    return rows


def presence_rows(case: str, rows: Iterable[Row], classes: Sequence[str]) -> list[Row]:
    """Whether each class is noticed, over the frames or slices that `rows` have areas of."""
    areas: dict[tuple[str, str], dict[int | None, bool]] = defaultdict(dict)
    for row in rows:
        if row.metric in {AREA, TRUE_AREA} and row.frame is not None:
            areas[row.metric, row.class_][row.frame] = row.value > 0
    out: list[Row] = []
    for name in classes[1:]:
        claimed, there = areas[AREA, name], areas[TRUE_AREA, name]
        said = presence(list(claimed.values()), [there[frame] for frame in claimed])
        for metric in ("sensitivity", "specificity", "f1"):
            value = getattr(said, metric)
            out += class_rows(case, None, f"presence_{metric}", [value], (classes[0], name))
    return out


def class_means(rows: Iterable[Row]) -> list[Row]:
    """Over frames, of every class and metric. An infinite distance (the class was missed, or invented) is left out
    and counted as `missed_frames`; where all are, so is the mean.
    """
    values: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for row in rows:
        values[row.case, row.class_, row.metric].append(row.value)
    out: list[Row] = []
    for (case, one, metric), each in values.items():
        finite = [value for value in each if isfinite(value)]
        out.append(Row(case, None, one, metric, float(np.mean(finite)) if finite else inf))
        if metric.startswith("hd95"):
            out.append(Row(case, None, one, "missed_frames", float(len(each) - len(finite))))
    return out
