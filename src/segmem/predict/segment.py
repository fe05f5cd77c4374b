"""A whole image, clip or scan in memory."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import torch
from torch import Tensor

from segmem.core import Clip, FrameSource, Labels, Prediction
from segmem.io.ahead import ahead
from segmem.ops.intensity import window
from segmem.predict.frames import Frame, as_source
from segmem.predict.stream import DEPTH, Viewer, ready
from segmem.segmenter import MemorySegmenter, State

Tick = Callable[[], None]


def segment(
    model: MemorySegmenter | str | Path, source: FrameSource | Iterable[Frame] | str | Path
) -> Labels:
    """The label map of one case.

    A video is read forward, so a frame is helped by those before it. A scan is read in both directions and the
    two answers are averaged, so that every slice has seen its neighbours on both sides; its intensities are
    seen against the percentiles of the whole scan.

    Args:
        model: a segmenter, or what `segmem.load` takes.
        source: a clip, the path of a file or folder that holds one, or frames as `segmem.stream` takes them.

    Returns:
        (T, H, W) uint8 at the input's own size, with its geometry: `segmem.io` writes it on the scan's own grid.

    Raises:
        UsageError: the path names several cases, or frames are not what a model takes.
        InputError: nothing can be read, or there is no frame.
    """
    viewer = Viewer(*ready(model))
    opened = as_source(source)
    if viewer.model.spec.input == "volume":
        each = [prediction.labels[0].cpu() for prediction in scan_predictions(viewer, as_scan(opened))]
    else:
        seen = viewer.walk(ahead(opened, DEPTH), State.start(), {})
        each = [prediction.labels[0].cpu() for prediction, _ in seen]
    return Labels(opened.name, torch.stack(each), opened.geometry)


def as_scan(source: FrameSource) -> Tensor:
    """All frames of a source, (T, C, H, W)."""
    return source.frames if isinstance(source, Clip) else torch.stack(list(source))


def scan_predictions(viewer: Viewer, scan: Tensor, tick: Tick = lambda: None) -> Iterator[Prediction]:
    """Of each slice of (T, C, H, W), at its own size: the mean over a forward and a backward pass.

    `tick` is called after each look, twice a slice.
    """
    viewer.window = window(scan, viewer.model.spec.intensity)
    state = State.start()
    from_behind = []
    for index in reversed(range(len(scan))):
        prediction, state = viewer.look(scan[index], state)
        from_behind.append(Prediction(prediction.logits.half(), prediction.score))  # kept for the whole scan
        tick()
    state = State.start()
    for frame in scan:
        prediction, state = viewer.look(frame, state)
        yield viewer.unfit(_mean(prediction, from_behind.pop()))
        tick()


@torch.inference_mode()
def _mean(one: Prediction, other: Prediction) -> Prediction:
    return Prediction((one.logits + other.logits) / 2, (one.score + other.score) / 2)
