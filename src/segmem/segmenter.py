"""The one forward path. A frame passes six rooms, in this order, and never goes back:

encode -> prompt -> recall -> attend -> decode -> memorise
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

import torch
from torch import Tensor, nn

from segmem.core import Features, Prediction
from segmem.core.errors import UsageError
from segmem.core.prompt import PromptBatch
from segmem.memory import ClassSums, Entry, LastAnswer, Memory, MemoryBank, MemoryPolicy, Query
from segmem.memory.sound import sound_rows
from segmem.nn.block_motion import small_picture
from segmem.nn.feature_memory import Looked
from segmem.ops.fit import Fit
from segmem.ops.prepare import prepare
from segmem.state import Spec, State


class ImageNetwork(Protocol):
    """Encodes a frame and decodes features to logits (B, K, H, W)."""

    def encode(self, frame: Tensor) -> Features: ...

    def decode(self, features: Features) -> Tensor: ...


class MemoryParts(Protocol):
    """Looks back at memory, weighs decoded logits against what it found there and what the stream has shown of each
    class, keeps them steady from one frame to the next, makes memory tokens (B, L, C) of features and probabilities
    (B, K - 1, H, W) of foreground classes, learns what classes look like from probabilities (B, K, H, W), and measures
    how well its gate tells from features (N, C, h, w) alone how far pixels (N, H, W) are spoilt."""

    def attend(self, features: Features, memory: Memory | None) -> Looked: ...

    def settle(self, logits: Tensor, looked: Looked, known: ClassSums | None) -> Tensor: ...

    def steady(
        self, logits: Tensor, features: Features, last: LastAnswer | None
    ) -> tuple[Tensor, LastAnswer | None]: ...

    def memorise(self, looked: Looked, foreground: Tensor) -> Tensor: ...

    def learn(self, looked: Looked, probabilities: Tensor, known: ClassSums | None) -> ClassSums | None: ...

    def gate_loss(self, features: Features, spoilt: Tensor) -> Tensor: ...


class MemorySegmenter(nn.Module):
    """A 2D network, memory parts and a policy. Holds weights only.

    Args:
        network: encodes and decodes single frames.
        memory: memory attention and memory encoder.
        policy: which slots are written and read.
        spec: the input it was made for, and its classes. Logits are divided by `spec.temperature`, so that
            probabilities mean what they say.
    """

    def __init__(self, network: nn.Module, memory: nn.Module, policy: MemoryPolicy, spec: Spec) -> None:
        super().__init__()
        self.network: ImageNetwork = network  # type: ignore[assignment]
        self.memory: MemoryParts = memory  # type: ignore[assignment]
        self.policy = policy
        self.spec = spec

    def step(
        self,
        frame: Tensor | Features,
        state: State,
        prompt: PromptBatch | None = None,
        *,
        recall: bool = True,
        memorise: bool | None = None,
        known: Tensor | None = None,
    ) -> tuple[Prediction, State]:
        """Segment one frame of each stream.

        Args:
            frame: (B, 3, H, W) as `prepare` makes it, or the features `encode` made of it.
            state: of the streams; consumed, `state.fork()` keeps a copy.
            prompt: for promptable methods.
            recall: whether memory is read; False runs the 2D network alone.
            memorise: whether memory is written; None: where it is read.
            known: (B, K - 1, H, W) in 0..1, the foreground classes that are remembered in place of the predicted ones,
                as of a frame that somebody labelled.

        Returns:
            Logits (B, K, H, W) with scores, and the state after this frame. Where a stream's score is not a number, its
            logits are not either, and the state keeps nothing of its frame.

        Raises:
            UsageError: a prompt for a method that takes none.
        """
        # encode
        features = frame if isinstance(frame, Features) else self.encode(frame)

        # prompt
        if prompt is not None:
            raise UsageError("This model takes no prompts: it names the classes it finds by itself.")

        # recall
        now = torch.full((features.top.shape[0],), state.frame, device=features.top.device)
        query = Query(key=features.top.mean(dim=(2, 3)), frame=now)
        memory = self._recall(query, state) if recall else None

        # attend
        looked = self.memory.attend(features, memory)

        # decode
        decoded = self.network.decode(replace(features, top=looked.top)).float()
        logits, last = self.memory.settle(decoded, looked, state.classes), None
        if recall and self.spec.input != "volume":  # slices are no frames of one another
            logits, last = self.memory.steady(logits, features, state.last)
        calibrated = logits / self.spec.temperature
        prediction = Prediction(calibrated, confidence(calibrated))

        # memorise
        rows = prediction.score.isfinite()
        after = replace(state, frame=state.frame + 1, last=sound_rows(last, state.last, rows))
        memorise = recall if memorise is None else memorise
        if not memorise or not self.policy.due(state.frame):
            return prediction, after
        foreground = logits.softmax(dim=1)[:, 1:] if known is None else known.to(logits)
        # of classes it learns from what the network says, not from what it made of that: it would believe itself
        alone = decoded.softmax(dim=1) if known is None else with_background(foreground)
        learnt = self.memory.learn(looked, alone, state.classes)
        after = replace(after, classes=sound_rows(learnt, state.classes, rows))
        return prediction, self._memorise(looked, foreground, prediction, now, after)

    prompted = False

    def prepare(self, frames: Tensor, fit: Fit, window: tuple[float, float]) -> Tensor:
        """Frames (B, C, `fit.size`) in file units to (B, 3, `fit.grid`) as the network takes them.

        Args:
            fit: `ops.fit.plan(size, model.spec.fit)`.
            window: `ops.prepare.case_window` of the whole case.
        """
        return prepare(frames, fit, window, self.spec.intensity)

    def encode(self, frame: Tensor) -> Features:
        """Features of (B, 3, H, W), to be handed to `step`; frames can be encoded in batches ahead of it."""
        return replace(self.network.encode(frame), picture=small_picture(frame))

    def _recall(self, query: Query, state: State) -> Memory | None:
        if state.memory is None:
            return None
        return state.memory.read(query, self.policy.recall(query, state.memory))

    def _memorise(
        self, looked: Looked, foreground: Tensor, prediction: Prediction, now: Tensor, state: State
    ) -> State:
        tokens = self.memory.memorise(looked, foreground)
        entry = Entry(
            tokens, tokens.mean(dim=1), prediction.score, now, torch.zeros_like(now, dtype=torch.bool)
        )
        bank = state.memory or MemoryBank.empty(self.policy.capacity, like=entry)
        return replace(state, memory=bank.write(entry, self.policy.slot_for(entry, bank)))

    def base_parameters(self) -> Iterator[nn.Parameter]:
        """Those of the 2D network."""
        return self.get_submodule("network").parameters()

    def gate_parameters(self) -> Iterator[nn.Parameter]:
        """Those that decide how much memory is taken; they are among the memory's. None, where there is no gate."""
        return (one for name, one in self.named_parameters() if name.startswith("memory.gate."))

    def look_parameters(self) -> Iterator[nn.Parameter]:
        """Those of memory attention and memory encoder, which SAM2 has too."""
        parts = ("memory.memory_attention.", "memory.memory_encoder.")
        return (one for name, one in self.named_parameters() if name.startswith(parts))

    def memory_parameters(self) -> Iterator[nn.Parameter]:
        """Those of memory attention, memory encoder and the projections."""
        return self.get_submodule("memory").parameters()


def with_background(foreground: Tensor) -> Tensor:
    """(B, K, H, W) of the foreground classes' (B, K - 1, H, W)."""
    return torch.cat([1 - foreground.sum(dim=1, keepdim=True), foreground], dim=1)


def confidence(logits: Tensor) -> Tensor:
    """(B,) in 0..1: mean foreground probability over predicted foreground; one minus the mean where there is none."""
    foreground = 1 - logits.softmax(dim=1)[:, 0]
    found = (logits[:, 1:].amax(dim=1) > logits[:, 0]).float()  # on a CPU ten times faster than argmax
    area = found.sum(dim=(1, 2))
    sure = (foreground * found).sum(dim=(1, 2)) / area.clamp(min=1)
    return torch.where(area > 0, sure, 1 - foreground.mean(dim=(1, 2)))
