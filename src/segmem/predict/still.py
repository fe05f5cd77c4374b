"""One image or one scan to one file of labels."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path

from torch import Tensor

from segmem.core import Clip, Labels, Prediction
from segmem.io.case import Case
from segmem.io.confidence import beside
from segmem.io.formats import suffix
from segmem.io.masks import write_grey, write_mask
from segmem.io.outputs import remove, staged
from segmem.io.sources import open_case
from segmem.io.volume import write_volume
from segmem.manifest import CaseRecord
from segmem.ops.working_grid import WorkingGrid
from segmem.predict.answer import Answer, answer
from segmem.predict.beside_scan import write_extras
from segmem.predict.clock import Clock
from segmem.predict.handover import also, hand_over, write_dicom
from segmem.predict.job import Job, told_name
from segmem.predict.probabilities import ProbabilityStack
from segmem.predict.segment import grid_of, turned_predictions
from segmem.predict.stream import OnFrames, Viewer, whole
from segmem.predict.targets import DICOM
from segmem.predict.tidy import tidied
from segmem.predict.watch import Watch
from segmem.state import State

CERTAIN = 255
"""The confidence of what lies outside the box that a scan was cut to: it was not looked at, and is background."""


def segment_still(job: Job, case: Case, out: Path, watch: Watch, clock: Clock) -> CaseRecord:
    """Segment `case` into the file `out`, which appears when it is whole.

    Raises:
        InterruptedRun: a stop was asked for. Nothing is left of the case.
        InputError: the case cannot be read. Nothing is left.
    """
    sure_out = beside(out)
    with job.noting(case), staged(out, folder=False) as half:
        with clock.part("decode"):
            clip = replace(whole(open_case(case)), name=case.name)
        prompts = job.prompts(case, clip.geometry, clip.length)
        maps = _maps(job, clip, prompts, out.parent, watch, clock)
        with clock.part("write"):
            remove(sure_out)  # of an earlier run: it would not be about these labels
            if maps.sure is not None:
                with staged(sure_out, folder=False) as half_sure:
                    _write(half_sure, replace(maps.labels, frames=maps.sure), write_grey)
            if suffix(out) == DICOM:
                write_dicom(job, maps.labels, half)
            else:
                _write(half, maps.labels, write_mask)
            if also(job.request, out):
                hand_over(job, maps.labels, out)
            if clip.geometry.kind == "volume":
                write_extras(job, clip, maps.labels, out, maps.stack)
    clock.frames = clip.length
    return CaseRecord(
        input=told_name(case),
        kind=case.kind,
        frames=clip.length,
        size=clip.geometry.size,
        output=out.name,
        seconds=clock.total(),
    )


@dataclass(frozen=True, slots=True)
class _Maps:
    """Of a whole case: its labels; 255 times the probability of each, (T, H, W) uint8, and the probabilities of all
    classes of a scan, where they were asked for."""

    labels: Labels
    sure: Tensor | None
    stack: ProbabilityStack | None


def _write(path: Path, labels: Labels, save: Callable[[Path, Tensor], None]) -> None:
    """A scan's maps on its grid, or an image's one."""
    if labels.geometry.kind == "volume":
        write_volume(labels, path)
    else:
        save(path, labels.frames[0])


def _maps(job: Job, clip: Clip, prompts: OnFrames, folder: Path, watch: Watch, clock: Clock) -> _Maps:
    viewer = job.viewer(clock)
    _tell_if_empty(clip)
    grid = grid_of(viewer, clip)
    stack = ProbabilityStack(folder, grid) if job.request.probabilities else None
    found = _answers(job, viewer, clip, grid, prompts, watch, stack)
    labels = grid.whole([one.labels for one in found])
    each = [one.sure for one in found if one.sure is not None]
    sure = grid.whole(each, outside=CERTAIN) if each else None
    if clip.geometry.kind == "volume":
        kept = tidied(labels, clip.geometry, job.request, job.classes)
        sure = None if sure is None else sure.masked_fill(kept != labels, 0)
        labels = kept
    return _Maps(Labels(clip.name, labels, clip.geometry), sure, stack)


def _tell_if_empty(clip: Clip) -> None:
    """Warn of a scan in which nothing can be seen; it is segmented all the same."""
    if clip.geometry.kind != "volume":
        return
    low, high = (float(value) for value in clip.frames.aminmax())
    if isfinite(low) and isfinite(high) and low < high:
        return  # without a copy of the scan
    finite = clip.frames[clip.frames.isfinite()]
    if finite.numel() == 0 or finite.min() == finite.max():
        value = f"is {float(finite[0]):g}" if finite.numel() else "is no number"
        warnings.warn(
            f"the scan has no contrast: every voxel {value}. Nothing that is found in it is to be trusted.",
            stacklevel=1,
        )


def _answers(
    job: Job,
    viewer: Viewer,
    clip: Clip,
    grid: WorkingGrid,
    prompts: OnFrames,
    watch: Watch,
    stack: ProbabilityStack | None,
) -> list[Answer]:
    """Of each of the grid's slices, or of the one frame."""

    def said(prediction: Prediction, index: int = 0) -> Answer:
        if stack is not None:
            stack.add(index, prediction)
        return answer(prediction, job.request.confidence)

    if clip.geometry.kind == "volume" or job.model.prompted:
        looks = job.looks(clip.geometry.kind, grid.size[0], prompts)
        with watch.case(clip.name, looks):
            seen = turned_predictions(viewer, clip, grid, prompts, job.request.direction, watch.tick_or_stop)
            return [said(prediction, index) for index, prediction in enumerate(seen)]
    prediction, _ = viewer.look(clip.frames[0], State.start())
    each = [said(viewer.unfit(prediction))]
    watch.tick_or_stop()
    return each
