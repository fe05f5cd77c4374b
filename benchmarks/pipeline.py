"""What `segmem predict` does with a video, frame by frame, with memory or with the 2D network alone."""

import resource
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

import torch
from torch import Tensor

from segmem.io.ahead import ahead
from segmem.io.masks import FrameLabelsWriter
from segmem.methods.load import load
from segmem.predict.answer import answer
from segmem.predict.background import Background
from segmem.predict.clock import Clock
from segmem.predict.compute import Compute
from segmem.predict.request import Precision
from segmem.predict.stream import DEPTH, Viewer
from segmem.predict.table import NAME, FrameTable
from segmem.state import State

PARTS = ("decode", "encode", "memory", "head", "labels", "write")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model where it runs. Each `viewer` looks at one video."""

    viewer_of: partial[Viewer]
    classes: tuple[str, ...]
    precision: str
    recall: bool

    def viewer(self) -> Viewer:
        """A fresh one, with a clock that starts now."""
        return self.viewer_of(clock=Clock(), memory=self.recall)


def open_model(name: str, recall: bool, precision: Precision = "auto") -> Loaded:
    """A shipped name, run folder or weights file, placed as `segmem predict` places it."""
    compute = Compute.choose("auto", precision)
    model = compute.place(load(name))
    return Loaded(partial(Viewer, model, compute), model.spec.classes, compute.precision, recall)


def looped(source: Iterable[Tensor], frames: int) -> Iterator[Tensor]:
    """The first `frames` frames, from the beginning again where the source ends."""
    done = 0
    while done < frames:
        for frame in source:
            yield frame
            done += 1
            if done == frames:
                return
        if done == 0:
            raise SystemExit("The video holds no frame.")


def run(model: Loaded, frames: Iterable[Tensor], out: Path) -> Iterator[int]:
    """Segment frames into `out/labels` and `out/frames.csv`; yields the number of frames done, one by one.

    At its end it yields nothing more and everything is written.
    """
    viewer = model.viewer()
    yield from walk(viewer, frames, out, model.classes)


def walk(viewer: Viewer, frames: Iterable[Tensor], out: Path, classes: tuple[str, ...]) -> Iterator[int]:
    """`run` with a viewer of the caller's, whose clock then tells where the time went."""
    seconds = viewer.clock.seconds
    seconds.setdefault("labels", 0.0)
    state = State.start()
    writer = FrameLabelsWriter(out / "labels")
    with FrameTable(out / NAME, classes, None) as table, Background(threads=2) as png:
        for frame in ahead(viewer.clock.reading(frames), DEPTH):
            index = state.frame
            prediction, state = viewer.look(frame, state)
            whole = viewer.unfit(prediction)
            start = perf_counter()
            found = answer(whole)
            table.write(index, found)
            seconds["labels"] += perf_counter() - start
            png.submit(writer.write, index, found.labels)
            yield state.frame
    seconds["write"] += png.seconds


def resident_mb() -> float:
    """Memory of this process now, in MB (10^6 bytes); Linux."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def peak_mb() -> float:
    """The most memory this process has had, in MB (10^6 bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def set_threads(threads: int | None) -> int:
    """Threads of the network; none leaves it to torch."""
    if threads is not None:
        torch.set_num_threads(threads)
    return torch.get_num_threads()
