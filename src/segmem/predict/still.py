"""One image or one scan to one file of labels."""

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
from segmem.predict.segment import as_scan, scan_predictions
from segmem.predict.watch import Watch
from segmem.segmenter import State


def segment_still(job: Job, case: Case, out: Path, watch: Watch, clock: Clock) -> CaseRecord:
    """Segment `case` into the file `out`, which appears when it is whole.

    Raises:
        InterruptedRun: a stop was asked for. Nothing is left of the case.
        InputError: the case cannot be read. Nothing is left.
    """
    with job.noting(case), staged(out, folder=False) as half:
        with clock.part("decode"):
            source = open_case(case)
            clip = Clip(case.name, as_scan(source), source.geometry)
        labels = _labels(job, clip, watch, clock)
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


def _labels(job: Job, clip: Clip, watch: Watch, clock: Clock) -> Labels:
    viewer = job.viewer(clock)
    if clip.geometry.kind == "volume":
        with watch.case(clip.name, 2 * clip.length):
            each = [answer(p).labels for p in scan_predictions(viewer, clip.frames, watch.tick_or_stop)]
    else:
        prediction, _ = viewer.look(clip.frames[0], State.start())
        each = [answer(viewer.unfit(prediction)).labels]
        watch.tick_or_stop()
    return Labels(clip.name, torch.stack(each), clip.geometry)
