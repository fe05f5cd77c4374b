"""The numbers of one case: of its frames, of the whole, and of its steadiness."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch

from segmem.core import Kind
from segmem.data.classes import class_table, to_classes
from segmem.evaluate.along import Along
from segmem.evaluate.as_released import AsReleased
from segmem.evaluate.confidence import Sureness, maps_of, told_by_frame
from segmem.evaluate.engine import Flow, make_engine
from segmem.evaluate.opened import Map, Seen, frames_of, geometry_of
from segmem.evaluate.overlaps import class_means, frame_rows, presence_rows, slice_rows, volume_rows
from segmem.evaluate.pairs import Pair
from segmem.evaluate.table import Row
from segmem.metrics.calibration import Reliability
from segmem.metrics.lost import lost_frames

TOLERANCE = 2.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured, the same for every case.

    Attributes:
        classes: names by id, the background first.
        label_map: a label value of the truth to the class that it means; others keep their number.
        tolerance: of NSD by name of the class, mm of a scan, else pixels; 2 for those not named.
        surfaces: whether HD95, ASSD and NSD are taken; they are half of the time.
        flow: engine of temporal consistency; None leaves that out.
        flow_weights: of the engine RAFT.
        as_released: whether the papers' own numbers are made, too.
    """

    classes: tuple[str, ...]
    label_map: Mapping[int, int] = field(default_factory=dict)
    tolerance: Mapping[str, float] = field(default_factory=dict)
    surfaces: bool = True
    flow: Flow | None = "fast"
    flow_weights: Path | None = None
    as_released: bool = False

    @property
    def tolerances(self) -> tuple[float, ...] | None:
        """Of each class but the background; None where surfaces are left out."""
        if not self.surfaces:
            return None
        return tuple(self.tolerance.get(name, TOLERANCE) for name in self.classes[1:])


@dataclass(frozen=True, slots=True)
class CaseScores:
    """What came of one case.

    Attributes:
        case: its name.
        group: its patient, video or operation.
        kind: of the case.
        frames: how many were compared.
        rows: of the long table.
        confidence: of each frame or slice by its number, 0 to 1, labelled or not; empty where nobody told it.
        pixels: how often pixels were right against how sure they were; None without maps.
        notes: what could not be measured, and why.
    """

    case: str
    group: str
    kind: Kind
    frames: int
    rows: tuple[Row, ...]
    confidence: Mapping[int, float] = field(default_factory=dict)
    pixels: Reliability | None = None
    notes: tuple[str, ...] = ()

    @property
    def lost(self) -> dict[int, bool]:
        """Of a video, whether the stream was lost at each frame that tells its confidence."""
        if self.kind != "video":
            return {}
        return dict(zip(self.confidence, lost_frames(self.confidence.values()), strict=True))


def scores(pair: Pair, plan: Plan) -> CaseScores:
    """Measure one case, a frame in memory at a time (a scan as a whole).

    A video's numbers of a class are means over the labelled frames in which it is, or is claimed; a scan's are over
    all its voxels, its slices have their own lines.

    Raises:
        InputError: the prediction cannot be read, misses frames, or holds a value that is no class.
        GeometryError: it lies on another grid.
    """
    geometry, name = geometry_of(pair), pair.case.name
    sure = Sureness(told_by_frame(pair), maps_of(pair, geometry), name)
    seen = _heard(as_classes(frames_of(pair, geometry), plan, name), sure)
    if pair.case.kind == "volume":
        found = _volume(pair, plan, geometry.spacing_mm, list(seen))
    else:
        found = _frames(pair, plan, geometry.fps, seen)
    found = replace(found, confidence=dict(sorted(sure.by_frame.items())), pixels=sure.pixels)
    return replace(found, rows=(*found.rows, *_confidence_rows(found)))


def _heard(frames: Iterator[Seen], sure: Sureness) -> Iterator[Seen]:
    for seen in frames:
        sure.add(seen)
        yield seen


def _confidence_rows(found: CaseScores) -> list[Row]:
    """Of every frame that tells it, and how many of a video's the stream was lost in."""
    rows = [Row(found.case, frame, "", "confidence", value) for frame, value in found.confidence.items()]
    lost = found.lost
    rows += [Row(found.case, frame, "", "lost", float(value)) for frame, value in lost.items()]
    if lost:
        rows.append(Row(found.case, None, "", "lost_frames", float(sum(lost.values()))))
    return rows


def as_classes(frames: Iterator[Seen], plan: Plan, name: str) -> Iterator[Seen]:
    """The same frames with classes in place of the values on disk.

    Raises:
        InputError: a value is no class.
    """
    truth, same = (class_table(one, len(plan.classes)) for one in (plan.label_map, {}))
    for seen in frames:
        where = f"{name} frame {seen.index}"
        yield Seen(
            seen.index,
            seen.picture,
            _mapped(seen.truth, truth, plan, f"{where}, truth"),
            _mapped(seen.predicted, same, plan, f"{where}, prediction"),
        )


def _mapped(labels: Map | None, table: torch.Tensor, plan: Plan, where: str) -> Map | None:
    if labels is None:
        return None
    return to_classes(torch.from_numpy(labels), table, plan.classes, where).numpy()


def _frames(pair: Pair, plan: Plan, fps: float | None, frames: Iterator[Seen]) -> CaseScores:
    """Of an image or a video."""
    name, rows, compared = pair.case.name, list[Row](), 0
    video = pair.case.kind == "video"
    steady = None
    if video and plan.flow is not None:
        steady = Along(plan.classes, make_engine(plan.flow, plan.flow_weights), plan.as_released)
    released = AsReleased(plan.classes) if plan.as_released else None
    for seen in frames:
        if steady is not None:
            steady.add(seen)
        if seen.truth is not None and seen.predicted is not None:
            compared += 1
            rows += frame_rows(name, seen.index, seen.truth, seen.predicted, plan.classes, plan.tolerances)
            if released is not None:
                released.add(seen.truth, seen.predicted)
    whole = class_means(rows)
    whole += presence_rows(name, rows, plan.classes) if video else []
    whole += [] if steady is None else steady.rows(name, fps)
    whole += [] if released is None else released.rows(name)
    notes = () if steady is None or not steady.why else (f"{name}: {steady.why}",)
    return CaseScores(name, pair.case.group, pair.case.kind, compared, (*rows, *whole), notes=notes)


def _volume(
    pair: Pair, plan: Plan, spacing_mm: tuple[float, float, float] | None, slices: list[Seen]
) -> CaseScores:
    name = pair.case.name
    maps = [
        (one.truth, one.predicted) for one in slices if one.truth is not None and one.predicted is not None
    ]
    rows = slice_rows(name, maps, plan.classes)
    rows += presence_rows(name, rows, plan.classes)
    rows += volume_rows(name, maps, plan.classes, spacing_mm or (1.0, 1.0, 1.0), plan.tolerances)
    if plan.as_released:
        released = AsReleased(plan.classes)
        for truth, predicted in maps:
            released.add(truth, predicted)
        rows += released.rows(name)
    notes = () if spacing_mm else (f"{name} tells no spacing: its millimetres are voxels.",)
    return CaseScores(name, pair.case.group, "volume", len(slices), tuple(rows), notes=notes)
