"""How sure the model said it was: of each frame, and of each pixel where maps were written."""

import csv
from collections.abc import Iterable

import numpy as np

from segmem.core import Geometry
from segmem.core.errors import InputError
from segmem.data.cases import require_one_grid
from segmem.evaluate.opened import Find, Map, Seen, maps_in, numbered
from segmem.evaluate.pairs import LABELS, Pair
from segmem.io.confidence import FOLDER, beside
from segmem.metrics.calibration import Reliability, reliability

TABLE = "frames.csv"
TOP = 255
"""What a map holds where the model was certain."""


def told_by_frame(pair: Pair) -> dict[int, float]:
    """The score of each frame in the table that `segmem predict` writes beside a video's labels; empty without one.

    Raises:
        InputError: the table cannot be read.
    """
    path = pair.prediction.parent / TABLE
    if pair.case.kind != "video" or pair.prediction.name != LABELS or not path.is_file():
        return {}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return {int(line["frame"]): float(line["score"]) for line in csv.DictReader(file)}
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: no table of frames ({error}). Predict again, or remove it.") from None


def maps_of(pair: Pair, geometry: Geometry) -> Find | None:
    """Finds the map (H, W) of a frame, 255 where the model was certain; None where no maps were written."""
    if pair.case.kind == "video":
        folder = pair.prediction.parent / FOLDER
        return numbered(folder) if pair.prediction.name == LABELS and folder.is_dir() else None
    path = beside(pair.prediction)
    if not path.is_file():
        return None
    maps = maps_in(path, pair.case.kind, geometry)
    return lambda index: maps[index] if index < len(maps) else None


class Sureness:
    """Fed frame after frame; what a case's confidence was, and whether it was right.

    Args:
        told: of frames by number, as a table has them; those missing are taken from the maps.
        maps: finds one, if there are any.
        name: of the case.
    """

    def __init__(self, told: dict[int, float], maps: Find | None, name: str) -> None:
        self.by_frame = dict(told)
        self.maps = maps
        self.name = name
        self.pixels: Reliability | None = None

    def add(self, seen: Seen) -> None:
        """The next frame.

        Raises:
            GeometryError: its map lies on another grid.
        """
        sure = None if self.maps is None else self.maps(seen.index)
        if sure is None or seen.predicted is None:
            return
        require_one_grid(seen.predicted.shape, sure.shape, f"{self.name} frame {seen.index}, confidence")
        self.by_frame.setdefault(seen.index, _frame(sure, seen.predicted))
        if seen.truth is not None:
            here = (seen.truth > 0) | (seen.predicted > 0)
            counts = reliability(sure[here] / TOP, seen.truth[here] == seen.predicted[here])
            self.pixels = counts if self.pixels is None else self.pixels + counts


def pooled(each: Iterable[Reliability | None]) -> Reliability | None:
    """All counts together; None where there are none."""
    total: Reliability | None = None
    for one in each:
        total = one if total is None else total if one is None else total + one
    return total


def _frame(sure: Map, predicted: Map) -> float:
    """Mean over what was found; over everything where nothing was."""
    found = sure[predicted > 0]
    return float(np.mean(found if found.size else sure)) / TOP
