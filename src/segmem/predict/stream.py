"""Frame by frame: what a model says of each, at the frame's own size, with the state after it."""

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import torch
from torch import Tensor

from segmem.core import Clip, Features, FrameSource, Kind, Prediction, Prompt
from segmem.core.errors import PromptError, UsageError
from segmem.core.prompt import check
from segmem.io.ahead import ahead
from segmem.memory import CaseMemory
from segmem.methods.load import load
from segmem.methods.own_bank import bank_for
from segmem.ops.fit import Fit, plan, require_size, unfit
from segmem.ops.prepare import case_window
from segmem.ops.working_grid import OWN
from segmem.predict.bank_session import told_by
from segmem.predict.budget import Budget
from segmem.predict.clock import Clock, timed
from segmem.predict.compute import Compute
from segmem.predict.explain import Explanation
from segmem.predict.frames import Frame, as_source
from segmem.predict.grid_prompts import require_read, to_batch
from segmem.predict.request import Precision
from segmem.predict.slices import Slices, adapters, looks_both_ways
from segmem.prompted import PromptedSegmenter, logits_size
from segmem.state import Segmenter, State

DEPTH = 8  # frames decoded ahead of the model
OnFrames = Mapping[int, Sequence[Prompt]]


def stream(
    model: Segmenter | str | Path,
    frames: FrameSource | Iterable[Frame] | str | Path,
    prompts: Iterable[Prompt] = (),
    state: State | None = None,
    bank: str | Path | None = None,
    precision: Precision = "auto",
) -> Iterator[tuple[Prediction, State]]:
    """Segment a stream as it arrives; memory use does not grow with its length.

    Args:
        model: a segmenter, or what `segmem.load` takes.
        frames: (C, H, W) tensors, (H, W, 3) or (H, W) uint8 arrays, a clip, or the path of a file that holds
            them. All of one size. A scan is read whole first, since its intensities are seen against all of it.
        prompts: for promptable models; each is heard when its frame comes. The first one of an object begins it,
            later ones correct it.
        state: to go on from, as an earlier frame of the same stream left it; it is consumed.
        bank: a file of other cases' memories, which frames read; for methods that have such a memory. It stays as
            it is. Where a model is named and has one of its own, that is read if none is given; "none" leaves it out.
        precision: auto is bfloat16 where this device is faster with it; float32 leaves an autocast of the caller's own
            alone.

    Yields:
        Logits (1, K, H, W) at the frame's own size with their score, and the state. The state is consumed by
        the next frame: `state.fork()` keeps a copy.

    Raises:
        UsageError: frames of another type than the model takes, a prompt for a model that takes none, or a bank for
            one that reads none.
        WeightsError: another encoder, or another input size, made the bank.
        PromptError: a prompt that cannot be meant; see `segmem.core.prompt.check`.
        GeometryError: the size changes.
        InputError: the path holds nothing that can be read.

    Warns:
        UserWarning: the network answers with NaN or infinity. Nothing of such a frame is remembered.
    """
    found, compute = ready(model, precision)
    viewer = Viewer(found, compute, cases=told_by(bank_for(model, bank), found))
    source = as_source(frames)
    kind = viewer.kind(source.geometry.kind)
    if kind == "volume":
        _require_own_grid(viewer.model)
        source = whole(source)
        viewer.open_scan(source.frames)
    state = viewer.begin(source.length, state)
    heard = viewer.checked(prompts, source, begun=state.frame)
    if viewer.model.prompted and not state.objects:
        require_prompts(heard)
    return viewer.walk(ahead(source, DEPTH), state, heard)


def _require_own_grid(model: Segmenter) -> None:
    if model.spec.volume != OWN:
        raise UsageError(
            "This model sees scans on a grid of its own, whose slices are not the scan's, so they cannot be streamed"
            " slice by slice. Use segmem.segment, which answers on the scan's grid."
        )


def ready(model: Segmenter | str | Path, precision: Precision = "auto") -> tuple[Segmenter, Compute]:
    """A model given stays as it is, where it lies; one that is named is loaded and placed as is fastest here."""
    if isinstance(model, str | Path):
        compute = Compute.choose(precision=precision)
        return compute.place(load(model)), compute
    return model, Compute.on(next(model.parameters()).device, precision)


def whole(source: FrameSource) -> Clip:
    """All frames of a source, in memory.

    Raises:
        GeometryError: they are not of one size.
    """
    if isinstance(source, Clip):
        return source
    frames, size = list(source), source.geometry.size
    for number, frame in enumerate(frames):
        require_size(frame, Fit(size, size, size), f"Frame {number}")
    return Clip(source.name, torch.stack(frames), source.geometry)


def require_prompts(prompts: OnFrames) -> None:
    """Raise UsageError where a promptable model is told nothing."""
    if not prompts:
        raise UsageError(
            "This model segments objects that are prompted, and there is no prompt. Give --box x0,y0,x1,y1,"
            " --point x,y,+, --rough FILE or --mask FILE (in Python: prompts=[segmem.Prompt(box=...)])."
        )


class Viewer:
    """One model and how it looks at the frames of one case.

    Args:
        memory: whether frames look back; False runs the 2D network alone.
        cases: memory of other cases, for methods that have one; after a look, with what was added.

    Attributes:
        window: intensities that become 0 and 1; set it before the first frame of a scan.
        explanation: where to note which entries of other cases are used; None notes nothing.
        slices: of a scan, where the encoder looks at neighbours on both sides; see `open_scan`.
    """

    def __init__(
        self,
        model: Segmenter,
        compute: Compute,
        clock: Clock | None = None,
        budget: Budget | None = None,
        memory: bool = True,
        cases: CaseMemory | None = None,
    ) -> None:
        self.memory = memory
        self.cases = cases
        self.explanation: Explanation | None = None
        self.clock = clock or Clock()
        self.model = timed(model, self.clock)
        self.compute = compute
        self.window = (0.0, 255.0)
        self.fit: Fit | None = None
        self.budget = budget
        self.slices: Slices | None = None
        self._counted = 0
        self._warned = False

    def kind(self, of_source: Kind) -> Kind:
        """As what the model sees the source: a model for scans takes loose frames for slices."""
        own = self.model.spec.input
        return of_source if own == "any" else own

    def checked(self, prompts: Iterable[Prompt], source: FrameSource, begun: int = 0) -> OnFrames:
        """The prompts of each frame, of a stream of which `begun` frames came before this source.

        Raises:
            UsageError: there are prompts and the model takes none.
            PromptError: one cannot be meant.
        """
        listed = list(prompts)
        if listed and not self.model.prompted:
            raise UsageError("This model takes no prompts: it names the classes it finds by itself.")
        check(listed, source.geometry.size, None if source.length is None else source.length + begun)
        require_read(self.model, listed)
        by_frame = sorted(listed, key=_frame)
        return {frame: list(group) for frame, group in groupby(by_frame, _frame)}

    def open_scan(self, scan: Tensor) -> None:
        """Look at the slices (T, C, H, W) of one scan from here on, whose `place` is then told to `look`."""
        self.window = case_window(scan, self.model.spec.intensity, "volume")
        model = self.model
        if looks_both_ways(model) and isinstance(model, PromptedSegmenter):
            self.fit = plan((scan.shape[-2], scan.shape[-1]), model.spec.fit)
            self.slices = Slices(
                lambda part: model.encode_clip(self._ready(part)[None])[0], scan, adapters(model)
            )

    def _ready(self, frames: Tensor) -> Tensor:
        """(T, 3, H, W) as the network takes them, of (T, C, H, W) of the fit's size."""
        assert self.fit is not None  # noqa: S101  it is planned with the first frame
        ready = self.model.prepare(frames.to(self.compute.device), self.fit, self.window)
        return ready.contiguous(memory_format=torch.channels_last)

    def _encoded(self, frame: Tensor, state: State, place: int | None) -> tuple[Features, State]:
        if self.slices is not None and place is not None:
            return self.slices.at(place), state
        if isinstance(self.model, PromptedSegmenter):
            return self.model.encode_next(self._ready(frame[None]), state)
        return self.model.encode(self._ready(frame[None])), state

    def walk(
        self, frames: Iterable[Tensor], state: State, prompts: OnFrames
    ) -> Iterator[tuple[Prediction, State]]:
        """Every frame (C, H, W) in turn, as `stream` yields them."""
        for place, frame in enumerate(frames):
            prediction, state = self.look(frame, state, prompts.get(state.frame, ()), place=place)
            yield self.unfit(prediction), state
        require_heard(prompts, state.frame)

    @torch.inference_mode()
    def look(
        self,
        frame: Tensor,
        state: State,
        prompts: Sequence[Prompt] = (),
        *,
        recall: bool | None = None,
        memorise: bool | None = None,
        place: int | None = None,
    ) -> tuple[Prediction, State]:
        """The prediction on the model's grid, and the state after it; see `step`. `place` is a slice's number."""
        recall = self.memory if recall is None else recall
        if self.fit is None:
            self.fit = plan((frame.shape[-2], frame.shape[-1]), self.model.spec.fit)
        require_size(frame, self.fit, f"Frame {state.frame}")
        with self.compute.autocast():
            with self.clock.part("encode"):
                features, state = self._encoded(frame, state, place)
            batch = (
                to_batch(prompts, self.fit, logits_size(features), self.compute.device) if prompts else None
            )
            self._keep_to_budget(features, state, prompts)
            if self.explanation is not None and isinstance(self.model, PromptedSegmenter):
                number = state.frame if place is None else place
                self.explanation.note(
                    self.model, features, state, number, rough=batch is not None and batch.earlier is not None
                )
            with self.clock.part("head"):
                prediction, after = self.model.step(features, state, batch, recall=recall, memorise=memorise)
        self.cases = after.cases
        self._warn_of_no_numbers(prediction, state.frame)
        return prediction, after

    def _warn_of_no_numbers(self, prediction: Prediction, frame: int) -> None:
        """Once a case: one such frame is as telling as a thousand."""
        if self._warned or bool(prediction.score.isfinite().all()):
            return
        self._warned = True
        warnings.warn(
            f"frame {frame}: the network answers with NaN or infinity; the labels of that frame, and of others like"
            " it, are not to be trusted. Look at the weights with segmem doctor, and try --precision float32.",
            stacklevel=1,
        )

    def begin(self, length: int | None, kept: State | None = None) -> State:
        """The state before a case of `length` frames, or the one that an interrupted run kept of it."""
        if kept is None:
            return State.start(length, self.cases)
        return kept if self.cases is None else kept.with_cases(self.cases.shared, self.cases.room)

    def _keep_to_budget(self, features: Features, state: State, prompts: Sequence[Prompt]) -> None:
        if self.budget is None:
            return
        self.budget.require(features.top.device)
        objects = len({*state.objects, *(prompt.object for prompt in prompts)})
        if isinstance(self.model, PromptedSegmenter) and objects > self._counted:
            fitting = self.budget.together(self.model, features, objects)
            self.model.together = min(fitting, self.model.fastest(features, objects))
            self._counted = objects

    @torch.inference_mode()
    def unfit(self, prediction: Prediction) -> Prediction:
        """The same at the frame's own size."""
        if self.fit is None:
            return prediction
        with self.clock.part("head"):
            return replace(prediction, logits=unfit(prediction.logits, self.fit))


def require_heard(prompts: OnFrames, frames: int) -> None:
    """Raise PromptError where a clip has ended before a prompt's frame; its header may have promised more."""
    missed = max(prompts, default=-1)
    if missed >= frames:
        raise PromptError(
            f"A prompt is on frame {missed}, which does not exist: the clip ends after {frames} frames."
        )


def _frame(prompt: Prompt) -> int:
    return prompt.frame
