"""One image or one scan to one file of labels."""

from dataclasses import replace
from pathlib import Path

import torch

from segmem.core import Clip, Labels
from segmem.io.masks import write_mask
from segmem.io.outputs import staged
from segmem.io.sources import Case, open_case
from segmem.io.volume import write_volume
from segmem.manifest import CaseRecord
from segmem.predict.answer import answer
from segmem.predict.clock import Clock
from segmem.predict.job import Job
from segmem.predict.segment import case_predictions
from segmem.predict.stream import OnFrames, whole
from segmem.predict.watch import Watch
from segmem.state import State


def segment_still(job: Job, case: Case, out: Path, watch: Watch, clock: Clock) -> CaseRecord:
    """Segment `case` into the file `out`, which appears when it is whole.

    Raises:
        InterruptedRun: a stop was asked for. Nothing is left of the case.
        InputError: the case cannot be read. Nothing is left.
    """
    with job.noting(case), staged(out, folder=False) as half:
        with clock.part("decode"):
            clip = replace(whole(open_case(case)), name=case.name)
        prompts = job.prompts(case, clip.geometry, clip.length)
        labels = _labels(job, clip, prompts, watch, clock)
        with clock.part("write"):
            if case.kind == "volume":
                write_volume(labels, half)
            else:
                write_mask(half, labels.frames[0])
    clock.frames = clip.length
    return CaseRecord(
        input=case.paths[0].name,
        kind=case.kind,
        frames=clip.length,
        size=clip.geometry.size,
        output=out.name,
        seconds=clock.total(),
    )


def _labels(job: Job, clip: Clip, prompts: OnFrames, watch: Watch, clock: Clock) -> Labels:
    viewer = job.viewer(clock)
    if clip.geometry.kind == "volume" or job.model.prompted:
        looks = job.looks(clip.geometry.kind, clip.length, prompts)
        with watch.case(clip.name, looks):
            seen = case_predictions(viewer, clip, prompts, job.request.direction, watch.tick_or_stop)
            each = [answer(prediction).labels for prediction in seen]
    else:
        prediction, _ = viewer.look(clip.frames[0], State.start())
        each = [answer(viewer.unfit(prediction)).labels]
        watch.tick_or_stop()
    return Labels(clip.name, torch.stack(each), clip.geometry)
