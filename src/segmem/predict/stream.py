"""Frame by frame: what a model says of each, at the frame's own size, with the state after it."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor

from segmem.core import Clip, FrameSource, Prediction, Prompt
from segmem.io.ahead import ahead
from segmem.methods.load import load
from segmem.ops.fit import Fit, plan, require_size, unfit
from segmem.ops.intensity import window
from segmem.predict.clock import Clock, timed
from segmem.predict.compute import Compute
from segmem.predict.frames import Frame, as_source
from segmem.segmenter import MemorySegmenter, State

DEPTH = 8  # frames decoded ahead of the model


def stream(
    model: MemorySegmenter | str | Path,
    frames: FrameSource | Iterable[Frame] | str | Path,
    prompts: Mapping[int, Prompt] | None = None,
    state: State | None = None,
) -> Iterator[tuple[Prediction, State]]:
    """Segment a stream as it arrives; memory use does not grow with its length.

    Args:
        model: a segmenter, or what `segmem.load` takes.
        frames: (C, H, W) tensors, (H, W, 3) or (H, W) uint8 arrays, a clip, or the path of a file that holds
            them. All of one size. A scan is read whole first, since its intensities are seen against all of it.
        prompts: by frame number, for promptable models.
        state: to go on from, as an earlier frame of the same stream left it; it is consumed.

    Yields:
        Logits (1, K, H, W) at the frame's own size with their score, and the state. The state is consumed by
        the next frame: `state.fork()` keeps a copy.

    Raises:
        UsageError: frames of another type than the model takes, or a prompt for a model that takes none.
        GeometryError: the size changes.
        InputError: the path holds nothing that can be read.
    """
    viewer = Viewer(*ready(model))
    source = as_source(frames)
    if viewer.model.spec.input == "volume":
        source = (
            source
            if isinstance(source, Clip)
            else Clip(source.name, torch.stack(list(source)), source.geometry)
        )
        viewer.window = window(source.frames, viewer.model.spec.intensity)
    return viewer.walk(ahead(source, DEPTH), state or State.start(), prompts or {})


def ready(model: MemorySegmenter | str | Path) -> tuple[MemorySegmenter, Compute]:
    """A model given as it is, float32, where it lies; or one loaded and placed as is fastest here."""
    if isinstance(model, MemorySegmenter):
        return model, Compute(next(model.parameters()).device, torch.float32)
    compute = Compute.choose()
    return compute.place(load(model)), compute


class Viewer:
    """One model and how it looks at the frames of one case.

    Attributes:
        window: intensities that become 0 and 1; set it before the first frame of a scan.
    """

    def __init__(self, model: MemorySegmenter, compute: Compute, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.model = timed(model, self.clock)
        self.compute = compute
        self.window = (0.0, 255.0)
        self.fit: Fit | None = None

    def walk(
        self, frames: Iterable[Tensor], state: State, prompts: Mapping[int, Prompt]
    ) -> Iterator[tuple[Prediction, State]]:
        """Every frame (C, H, W) in turn, as `stream` yields them."""
        for frame in frames:
            prediction, state = self.look(frame, state, prompts.get(state.frame))
            yield self.unfit(prediction), state

    @torch.inference_mode()
    def look(self, frame: Tensor, state: State, prompt: Prompt | None = None) -> tuple[Prediction, State]:
        """The prediction on the model's grid, and the state after it."""
        if self.fit is None:
            self.fit = plan((frame.shape[-2], frame.shape[-1]), self.model.spec.fit)
        require_size(frame, self.fit, f"Frame {state.frame}")
        with self.compute.autocast():
            with self.clock.part("encode"):
                ready = self.model.prepare(frame[None].to(self.compute.device), self.fit, self.window)
                features = self.model.encode(ready.contiguous(memory_format=torch.channels_last))
            with self.clock.part("head"):
                return self.model.step(features, state, prompt)

    @torch.inference_mode()
    def unfit(self, prediction: Prediction) -> Prediction:
        """The same at the frame's own size."""
        if self.fit is None:
            return prediction
        with self.clock.part("head"):
            return Prediction(unfit(prediction.logits, self.fit), prediction.score)
