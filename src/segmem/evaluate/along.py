"""How steady a video's prediction is, and its truth, along one flow of the pictures."""

from dataclasses import dataclass
from math import isnan
from typing import Any

import numpy as np

from segmem.evaluate.opened import Seen
from segmem.evaluate.table import Row, class_rows
from segmem.metrics.flow import BackwardFlow, FlowEngine, agree
from segmem.metrics.overlap import Scores
from segmem.metrics.released import consistency as released
from segmem.metrics.temporal import Steadiness


@dataclass(frozen=True, slots=True)
class _Before:
    seen: Seen
    ready: Any


class Along:
    """Fed frame after frame; holds two of them.

    Args:
        classes: names by id, the background first.
        engine: finds the motion.
        as_released: whether TMAM's own number is made beside it, from the same engine's forward flow.
    """

    def __init__(self, classes: tuple[str, ...], engine: FlowEngine, as_released: bool = False) -> None:
        self.classes = classes
        self.engine = engine
        self.predicted, self.truth = Steadiness(len(classes)), Steadiness(len(classes))
        self.released: list[Scores] | None = [] if as_released else None
        self.why = ""
        """Why there is no answer; empty while there is one."""
        self._before: _Before | None = None

    def add(self, seen: Seen) -> None:
        """The next frame."""
        if seen.predicted is None:
            self.why = f"no temporal consistency, as frame {seen.index} has no prediction."
        if self.why:
            return
        now = _Before(seen, self.engine.ready(seen.picture.numpy()))
        before, self._before = self._before, now
        if before is not None:
            self._compare(before, now)

    def _compare(self, before: _Before, now: _Before) -> None:
        back, ahead = (
            self.engine.step(now.ready, before.ready),
            self.engine.step(before.ready, now.ready),
        )
        flow = BackwardFlow(back, agree(back, ahead))
        old, new = before.seen, now.seen
        if old.predicted is not None and new.predicted is not None:
            self.predicted.add(old.predicted, new.predicted, flow)
            if self.released is not None:
                brought = released.warped(old.predicted, ahead)
                self.released.append(released.sar_iou(brought, new.predicted, len(self.classes)))
        if old.truth is not None and new.truth is not None:
            self.truth.add(old.truth, new.truth, flow)

    def rows(self, case: str, fps: float | None) -> list[Row]:
        """Of the whole video: temporal consistency of each class and flicker, the truth's own and the gap beside."""
        if self.why:
            return []
        ours, truths = (one.consistency(self.engine.name, fps) for one in (self.predicted, self.truth))
        means = [np.array([c.mean for c in one.classes]) for one in (ours, truths)]
        out = class_rows(case, None, ours.name, means[0], self.classes)
        out += class_rows(case, None, f"{ours.name} of truth", means[1], self.classes)
        if all(len(one) for one in means):
            out += class_rows(case, None, f"{ours.name} gap", abs(means[0] - means[1]), self.classes)
        for steady, whose in ((self.predicted, ""), (self.truth, "_of_truth")):
            if not isnan(steady.flicker):
                out.append(Row(case, None, "", f"flicker{whose}", steady.flicker))
        if self.released:
            score = released.summary(released.mean_of_pairs(self.released)[None])
            if not isnan(score):
                out.append(Row(case, None, "", "released_tmam_tc", score))
        return out
