"""The papers' own numbers, faults and all, beside the right ones: so that a published table can be read.

On any data, from label maps: a logit above every threshold stands for a pixel that was given a class, as what the
released thresholds on logits do cannot be told from a map. CholecSeg8k's scores need its grey values: functions only.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segmem.evaluate.opened import Map
from segmem.evaluate.table import Row, class_rows
from segmem.metrics.released import lapg, samed2, sar_rarp50

SAMED2_BATCH = 4
"""Pictures pooled together, as its instructions say."""
LOGIT = 10.0

BESIDE = {
    "released_tmam_dice": ("dice", "TMAM's Dice: IoU, a class absent from truth and prediction counts as 1"),
    "released_tmam_tc": (
        "TC",
        "TMAM's TC: masks carried along forward flow, backwards; background in the mean",
    ),
    "released_samed2_dice": ("dice", "SAMed-2's Dice: pixels of four pictures pooled, empty ones count as 1"),
    "released_lapg_dice": ("dice", "APG's Dice: mean over pictures, empty ones count as 1"),
}
"""Each released score: the right one that it stands beside, and what it is."""


class AsReleased:
    """Fed frame after frame with truth and prediction."""

    def __init__(self, classes: tuple[str, ...]) -> None:
        self.classes = classes
        self.tmam: list[float] = []
        self.lapg: list[list[float]] = []
        self.samed2: list[list[float]] = []
        self._batch: list[tuple[Map, Map]] = []

    def add(self, truth: Map, predicted: Map) -> None:
        """One frame, label maps (H, W)."""
        each = sar_rarp50.iou_by_frame(predicted[None], truth[None], len(self.classes))
        self.tmam.append(sar_rarp50.overall(each))
        self.lapg.append([float(lapg.score(*_binary([(truth, predicted)], one))[1, 0]) for one in self._ids])
        self._batch.append((truth, predicted))
        if len(self._batch) == SAMED2_BATCH:
            self._pool()

    def rows(self, case: str) -> list[Row]:
        """Of the case: means over its frames or batches, of which the last incomplete one is dropped, as released."""
        if not self.samed2 and self._batch:
            self._pool()  # fewer pictures than a batch holds: there would be no score at all
        if not self.tmam:
            return []
        return [
            Row(case, None, "", "released_tmam_dice", float(np.mean(self.tmam))),
            *class_rows(case, None, "released_samed2_dice", np.mean(self.samed2, axis=0), self.classes),
            *class_rows(case, None, "released_lapg_dice", np.mean(self.lapg, axis=0), self.classes),
        ]

    @property
    def _ids(self) -> Sequence[int]:
        return range(1, len(self.classes))

    def _pool(self) -> None:
        self.samed2.append([samed2.score(*_binary(self._batch, one))[1] for one in self._ids])
        self._batch = []


def _binary(pairs: Sequence[tuple[Map, Map]], one: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Logits and mask of one class, (B, 1, H, W) each."""
    truth, predicted = (np.stack([pair[place] == one for pair in pairs])[:, None] for place in (0, 1))
    return np.where(predicted, np.float32(LOGIT), np.float32(-LOGIT)), truth
