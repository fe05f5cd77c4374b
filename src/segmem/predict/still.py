"""One image or one scan to one file of labels."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
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
from segmem.predict.answer import Answer, answer
from segmem.predict.clock import Clock
from segmem.predict.handover import also, hand_over, write_dicom
from segmem.predict.job import Job, told_name
from segmem.predict.segment import case_predictions
from segmem.predict.stream import OnFrames, whole
from segmem.predict.targets import DICOM
from segmem.predict.watch import Watch
from segmem.state import State


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
        found = _answers(job, clip, prompts, watch, clock)
        with clock.part("write"):
            remove(sure_out)  # of an earlier run: it would not be about these labels
            if job.request.confidence:
                with staged(sure_out, folder=False) as half_sure:
                    _write(half_sure, clip, [one.sure for one in found if one.sure is not None], write_grey)
            labels = [one.labels for one in found]
            if suffix(out) == DICOM:
                write_dicom(job, _labels(clip, labels), half)
            else:
                _write(half, clip, labels, write_mask)
            if also(job.request, out):
                hand_over(job, _labels(clip, labels), out)
    clock.frames = clip.length
    return CaseRecord(
        input=told_name(case),
        kind=case.kind,
        frames=clip.length,
        size=clip.geometry.size,
        output=out.name,
        seconds=clock.total(),
    )


def _write(path: Path, clip: Clip, maps: Sequence[Tensor], save: Callable[[Path, Tensor], None]) -> None:
    """A scan's maps on its grid, or an image's one."""
    if clip.geometry.kind == "volume":
        write_volume(_labels(clip, maps), path)
    else:
        save(path, maps[0])


def _labels(clip: Clip, maps: Sequence[Tensor]) -> Labels:
    return Labels(clip.name, torch.stack(list(maps)), clip.geometry)


def _answers(job: Job, clip: Clip, prompts: OnFrames, watch: Watch, clock: Clock) -> list[Answer]:
    """Of each slice, or of the one frame."""
    viewer = job.viewer(clock)

    def said(prediction: Prediction) -> Answer:
        return answer(prediction, job.request.confidence)

    if clip.geometry.kind == "volume" or job.model.prompted:
        looks = job.looks(clip.geometry.kind, clip.length, prompts)
        with watch.case(clip.name, looks):
            seen = case_predictions(viewer, clip, prompts, job.request.direction, watch.tick_or_stop)
            return [said(prediction) for prediction in seen]
    prediction, _ = viewer.look(clip.frames[0], State.start())
    each = [said(viewer.unfit(prediction))]
    watch.tick_or_stop()
    return each
