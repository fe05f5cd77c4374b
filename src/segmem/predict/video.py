"""One video, folder of frames or camera to a folder of labels, frame by frame."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from torch import Tensor

from segmem import manifest
from segmem.core import FrameSource, Geometry, Prediction
from segmem.core.errors import InputError, InterruptedRun
from segmem.io.ahead import ahead
from segmem.io.case import Case
from segmem.io.confidence import FOLDER
from segmem.io.live import Live
from segmem.io.masks import FrameLabelsWriter, read_mask, write_grey
from segmem.io.overlay import OverlayVideo
from segmem.io.sources import open_case
from segmem.io.video import VideoFile
from segmem.io.window import FrameWindow
from segmem.manifest import CaseRecord
from segmem.predict.answer import Answer, answer
from segmem.predict.background import Background
from segmem.predict.clock import Clock
from segmem.predict.job import Job, nameless
from segmem.predict.partial import Partial
from segmem.predict.stream import DEPTH, OnFrames, require_heard
from segmem.predict.sweep import Sweep
from segmem.predict.table import NAME as TABLE
from segmem.predict.table import FrameTable, keep_frames
from segmem.predict.watch import Watch
from segmem.state import State

LABELS = "labels"
OVERLAY = "overlay.mp4"


def segment_video(job: Job, case: Case, out: Path, watch: Watch, clock: Clock) -> CaseRecord:
    """Segment `case` into the folder `out`, which appears when it is whole.

    Raises:
        InterruptedRun: a stop was asked for; what is done so far is kept, hidden, for `--resume`.
        InputError: the case cannot be read. Nothing is left.
    """
    partial = Partial(out)
    state = partial.state(job.mark(case)) if job.request.resume else None
    if state is None:
        partial.begin()
    try:
        run = _Run(job, case, partial, watch, clock)
        with job.noting(case):
            geometry, state = run.go(state)
        record = run.finish(geometry, state)  # after the warnings, which its manifest tells
    except InterruptedRun:
        raise
    except Exception:
        partial.discard()
        raise
    partial.finish()
    return record


@dataclass(frozen=True, slots=True)
class _Writers:
    """The three things that are written of each frame, beside the model."""

    table: FrameTable
    labels: FrameLabelsWriter
    png: Background
    overlay: OverlayVideo | None
    video: Background
    sure: FrameLabelsWriter | None = None

    def keep(self, index: int, found: Answer) -> None:
        """Save the maps of a frame."""
        self.png.submit(self.labels.write, index, found.labels)
        if self.sure is not None and found.sure is not None:
            self.png.submit(self.sure.write, index, found.sure)

    def draw(self, frame: Tensor, labels: Tensor) -> None:
        if self.overlay is not None:
            self.video.submit(self.overlay.write, frame, labels)


class _Run:
    """One pass over one video."""

    def __init__(self, job: Job, case: Case, partial: Partial, watch: Watch, clock: Clock) -> None:
        self.job = job
        self.case = case
        self.partial = partial
        self.watch = watch
        self.clock = clock
        self.viewer = job.viewer(clock)

    def go(self, kept: State | None) -> tuple[Geometry, State]:
        """From the frame that a kept state waits for, or from the first, to the end or a stop."""
        first = 0 if kept is None else kept.frame
        skipped = 0 if self.job.request.overlay else first
        source = self._open_at(skipped)
        geometry = source.geometry
        expected = None if source.length is None else source.length + skipped
        prompts = self.job.prompts(self.case, geometry, expected)
        state = self.viewer.begin(expected, kept)
        both_ways = self.job.request.direction not in {None, "forward"}
        with self.watch.case(self.case.name, expected, first), ExitStack() as stack:
            writers = self._writers(stack, geometry, first)
            if both_ways and prompts:
                state = replace(state, frame=self._sweep(prompts, expected, writers))
            else:
                frames = ahead(self.clock.reading(source), DEPTH)
                for index, frame in enumerate(islice(frames, first - skipped)):
                    writers.draw(frame, self._written(index))
                state = self._walk(frames, state, prompts, writers)
        self.clock.seconds["write"] += writers.png.seconds + writers.video.seconds
        if state.frame == 0:
            raise InputError(f"{self.case.name} holds no frame to segment.")
        return geometry, state

    def _walk(self, frames: Iterator[Tensor], state: State, prompts: OnFrames, writers: _Writers) -> State:
        """Segment what is left of the frames, until they end or a stop is asked for."""
        for frame in frames:
            index = state.frame
            prediction, state = self.viewer.look(frame, state, prompts.get(index, ()))
            self._write(index, frame, self._answer(prediction), writers)
            if self.watch.stop:
                return state
        require_heard(prompts, state.frame)
        return state

    def _sweep(self, prompts: OnFrames, length: int | None, writers: _Writers) -> int:
        """Segment the frames before the prompts backward, then the others; the number of frames."""
        at = FrameWindow(self._open_at)
        sweep = Sweep(self.viewer, at, length, prompts)
        onward = self.job.request.direction == "both"
        begin = sweep.first - 1 if onward else sweep.last
        found: dict[int, Answer] = {}
        for index, _, prediction in sweep.backward(begin):
            said = self._answer(prediction)
            writers.keep(index, said)
            found[index] = replace(said, labels=said.labels[:0], sure=None)  # the maps are in their files
            self._count()
        writers.png.drain()
        for index in range(begin + 1):
            frame, labels = at(index), self._written(index)
            if frame is not None:
                writers.table.write(index, found[index])
                writers.draw(frame, labels)
        return self._onward(sweep, begin + 1, at, onward, writers)

    def _open_at(self, frame: int) -> FrameSource:
        """The frames from there on, once more."""
        self.source = open_case(self.case, frame, self.job.request.patience)
        return self.source

    def _onward(self, sweep: Sweep, index: int, at: FrameWindow, onward: bool, writers: _Writers) -> int:
        """The frames from number `index` on, segmented or background; the number of all."""
        if onward:
            for here, frame, prediction in sweep.forward():
                self._write(here, frame, self._answer(prediction), writers)
                index = here + 1
            return index
        while (behind := at(index)) is not None:
            self._write(index, behind, self._answer(sweep.nothing()), writers)
            index += 1
        return index

    def _write(self, index: int, frame: Tensor, found: Answer, writers: _Writers) -> None:
        writers.table.write(index, found)
        writers.keep(index, found)
        writers.draw(frame, found.labels)
        self._count()

    def _answer(self, prediction: Prediction) -> Answer:
        return answer(self.viewer.unfit(prediction), self.job.request.confidence)

    def _count(self) -> None:
        """One more frame is segmented.

        Raises:
            InterruptedRun: a stop was asked for where there is no going on.
        """
        self.clock.frames += 1
        if self.job.request.direction in {None, "forward"}:
            self.watch.tick()
        else:
            self.watch.tick_or_stop()

    def _written(self, index: int) -> Tensor:
        """The label map of a frame that was done before."""
        return read_mask(self.partial.folder / LABELS / f"{index:05d}.png")

    def _writers(self, stack: ExitStack, geometry: Geometry, first: int) -> _Writers:
        folder, classes = self.partial.folder, self.job.classes
        if first:
            keep_frames(folder / TABLE, first)
        overlay = None
        if self.job.request.overlay:
            overlay = stack.enter_context(OverlayVideo(folder / OVERLAY, geometry.size, geometry.fps))
        return _Writers(
            stack.enter_context(FrameTable(folder / TABLE, classes, geometry.fps)),
            FrameLabelsWriter(folder / LABELS),
            stack.enter_context(Background(threads=2)),
            overlay,
            stack.enter_context(Background(threads=1)),
            FrameLabelsWriter(folder / FOLDER, write_grey) if self.job.request.confidence else None,
        )

    def finish(self, geometry: Geometry, state: State) -> CaseRecord:
        """The record of a whole video, written; or a stream kept for later."""
        folder = self.partial.folder
        if self.watch.stop and self.case.form != "camera":  # a camera ends when a person says so
            (folder / OVERLAY).unlink(missing_ok=True)
            self.partial.keep(state, self.job.mark(self.case))
            raise InterruptedRun(
                f"Interrupted after {state.frame} frames of {self.case.name}. What is whole stays;"
                " the same command with --resume continues."
            )
        record = self._record(geometry, state)
        self.job.manifest(self.clock, [record.model_copy(update={"output": "."})]).write(
            folder / manifest.NAME
        )
        return record

    def _record(self, geometry: Geometry, state: State) -> CaseRecord:
        damage = self.source.damage if isinstance(self.source, VideoFile | Live) else None
        return CaseRecord(
            input=self.case.paths[0].name if self.case.form == "video" else self.case.name,
            kind="video",
            frames=state.frame,
            resumed_at=state.frame - self.clock.frames,
            size=geometry.size,
            fps=geometry.fps,
            damage=None if damage is None else nameless(self.case, damage),
            output=self.partial.out.name,
            seconds=self.clock.total(),
        )
