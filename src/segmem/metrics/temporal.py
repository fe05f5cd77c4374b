"""Temporal consistency: does a label map, carried along the motion of the picture, agree with the next one?

Each frame's map is compared with the map before it, brought over by backward flow (t -> t-1), nearest pixel, where
the flow is valid. IoU of each class but the background, mean over the pairs of frames, then over classes.
A still, wrong answer is consistent too: read it beside the truth's own consistency on the same video.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmem.core.errors import GeometryError
from segmem.metrics.flow import BackwardFlow, sources
from segmem.metrics.overlap import LabelMap, Scores, confusion, iou_of
from segmem.metrics.summary import Summary, by_class, mean_present


@dataclass(frozen=True, slots=True)
class Consistency:
    """Temporal consistency of one clip.

    Attributes:
        name: "TC" with the flow's engine, its version and the frames a second: what it may be compared with.
        classes: of each class but the background: mean IoU over the pairs in which it is present.
        mean: over those classes; NaN where none is ever present.
        pairs: of consecutive frames.
    """

    name: str
    classes: tuple[Summary, ...]
    mean: float
    pairs: int


def temporal_consistency(
    labels: LabelMap, flows: Iterable[BackwardFlow], classes: int, engine: str, fps: float | None = None
) -> Consistency:
    """Warped-mask IoU of one clip.

    Args:
        labels: (T, H, W), whole numbers 0..K-1. One clip: pairs never cross a cut.
        flows: T-1 of them, from each frame but the first to the one before.
        classes: K, the background counted.
        engine: `name` of the engine that made the flows.
        fps: of the clip; None where nobody knows.

    Raises:
        GeometryError: there are not T-1 flows, or their size is not that of the labels.
    """
    steady = Steadiness(classes)
    for before, now, flow in _along(labels, flows):
        steady.add(before, now, flow)
    return steady.consistency(engine, fps)


def flicker(labels: LabelMap, flows: Iterable[BackwardFlow], classes: int) -> float:
    """Share of pixels whose class changes along the flow, of those that are no background before or after.

    Arguments and errors as of `temporal_consistency`; NaN where there is nothing but background.
    """
    steady = Steadiness(classes)
    for before, now, flow in _along(labels, flows):
        steady.add(before, now, flow)
    return steady.flicker


class Steadiness:
    """Both measures of one clip, pair of frames after pair of frames, so that no clip need be held in memory.

    Args:
        classes: K, the background counted.
    """

    def __init__(self, classes: int) -> None:
        self.classes = classes
        self.scores: list[Scores] = []
        self.total = np.zeros((classes, classes), np.int64)

    def add(self, before: NDArray[Any], now: NDArray[Any], flow: BackwardFlow) -> None:
        """One pair of label maps (H, W) and the flow from `now` to `before`."""
        place, inside = sources(flow.step)
        seen = flow.valid & inside
        counts = confusion(now[seen], before.ravel()[place[seen]], self.classes)
        self.scores.append(iou_of(counts)[1:])
        self.total += counts

    def consistency(self, engine: str, fps: float | None) -> Consistency:
        """Of the pairs so far; arguments as of `temporal_consistency`."""
        summary = by_class(np.array(self.scores)) if self.scores else ()
        name = f"TC ({engine}, {'unknown' if fps is None else f'{fps:g}'} fps)"
        return Consistency(name, summary, mean_present([s.mean for s in summary]).mean, len(self.scores))

    @property
    def flicker(self) -> float:
        """Of the pairs so far, see `flicker`."""
        counted = self.total.sum() - self.total[0, 0]
        return float(1 - self.total.diagonal()[1:].sum() / counted) if counted else float("nan")


def _along(
    labels: LabelMap, flows: Iterable[BackwardFlow]
) -> Iterator[tuple[NDArray[Any], NDArray[Any], BackwardFlow]]:
    """Each pair of label maps, the one before first, with its flow."""
    maps = np.asarray(labels)
    made = iter(flows)
    for t, (before, now) in enumerate(pairwise(maps), start=1):
        flow = next(made, None)
        if flow is None or flow.valid.shape != now.shape:
            have = "missing" if flow is None else f"of size {flow.valid.shape}"
            raise GeometryError(
                f"Temporal consistency: the flow of frame {t} is {have}; labels are {maps.shape}."
            )
        yield before, now, flow
    if next(made, None) is not None:
        raise GeometryError(
            f"Temporal consistency: more flows than the {max(len(maps) - 1, 0)} pairs of frames."
        )
