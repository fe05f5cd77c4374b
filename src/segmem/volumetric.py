"""The forward path of scans without prompts: the same six rooms, one row of memory a scan, all classes at once.

encode -> prompt -> recall -> attend -> decode -> memorise
"""

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor, nn

from segmem.core import Features, Prediction
from segmem.core.errors import UsageError
from segmem.core.prompt import PromptBatch
from segmem.memory import Entry, Memory, MemoryBank, Query, Support
from segmem.nn.lapg_network import LapgNetwork, Prepared
from segmem.nn.volume_memory import VolumeMemory
from segmem.ops.fit import Fit
from segmem.ops.prepare import prepare
from segmem.state import Spec, State


class VolumeSegmenter(nn.Module):
    """A network that prompts itself, a memory and its policy. Holds weights only.

    Args:
        network: encodes slices, proposes, decodes.
        memory: memory attention and memory encoder.
        policy: which slices are kept and read.
        spec: the input it was made for, and its classes. Logits are divided by `spec.temperature`.
        keys: how many slices of a scan become support memory, between the two stages.
    """

    prompted = False

    def __init__(
        self, network: LapgNetwork, memory: VolumeMemory, policy: Support, spec: Spec, keys: int = 3
    ) -> None:
        super().__init__()
        self.network, self.memory = network, memory
        self.policy, self.spec, self.keys = policy, spec, keys

    def step(
        self,
        frame: Tensor | Features,
        state: State,
        prompt: PromptBatch | None = None,
        *,
        recall: bool = True,
        memorise: bool | None = None,
        pinned: bool = False,
        known: Tensor | None = None,
    ) -> tuple[Prediction, State]:
        """Segment one slice of each scan.

        Args:
            frame: (B, 3, H, W) as `prepare` makes it, or the features `encode` made of it.
            state: of the scans; consumed, `state.fork()` keeps a copy.
            prompt: none is taken.
            recall: whether memory is read; False is stage 1 alone.
            memorise: whether memory is written; None: where it is read.
            pinned: whether what is written stays, as support memory.
            known: (B, K - 1, H, W) in 0..1, the foreground classes that are remembered in place of the predicted ones,
                as of a slice that somebody labelled.

        Returns:
            Logits (B, K, H', W') on the finest grid the decoder reaches, and the state after this slice.

        Raises:
            UsageError: a prompt.
        """
        # encode, prompt
        features = frame if isinstance(frame, Features) else self.encode(frame)
        if prompt is not None:
            raise UsageError("This model takes no prompts: it names the classes it finds by itself.")
        prepared = Prepared.unpacked(features)

        # recall
        now = torch.full((len(prepared.top),), state.frame, device=prepared.top.device)
        memory = self._recall(now, state) if recall else None

        # attend, decode
        prediction = self.decode(prepared, self.memory.attend(prepared.top, memory))

        # memorise
        after = replace(state, frame=state.frame + 1)
        if not (recall if memorise is None else memorise):
            return prediction, after
        foreground = self._foreground(prediction) if known is None else known
        return prediction, self._memorise(prepared, foreground, prediction, now, pinned, after)

    def decode(self, prepared: Prepared, top: Tensor) -> Prediction:
        """The answer from features (B, C, h, w) after memory; its score is the predicted IoU of the classes that the
        generator sees, each as sure as it sees it."""
        found = self.network.decode(prepared, top)
        there = prepared.presence.float().sigmoid()
        quality = found.quality[:, 1:].float()
        score = (there * quality).sum(dim=1) / there.sum(dim=1).clamp(min=1e-6)
        coarse = prepared.coarse[:, -1, 1:].float() if prepared.coarse.shape[1] else None
        logits = found.logits.float() / self.spec.temperature
        return Prediction(logits, score, quality=quality, coarse=coarse)

    def prepare(self, frames: Tensor, fit: Fit, window: tuple[float, float]) -> Tensor:
        """Frames (B, C, `fit.size`) in file units to (B, 3, `fit.grid`) as the network takes them.

        Args:
            fit: `ops.fit.plan(size, model.spec.fit)`.
            window: `ops.prepare.case_window` of the whole case.
        """
        return prepare(frames, fit, window, self.spec.intensity)

    def encode(self, frame: Tensor, slices: int = 1) -> Features:
        """Features of (B, 3, H, W), to be handed to `step`.

        Args:
            slices: rows of `frame` are so many slices of each of B / `slices` scans, one scan after another; each
                slice sees its neighbours then.
        """
        return self.network.encode(frame, slices).packed()

    def _recall(self, now: Tensor, state: State) -> Memory | None:
        if state.memory is None:
            return None
        query = Query(key=state.memory.key[:, 0], frame=now)
        return state.memory.read(query, self.policy.recall(query, state.memory).compact())

    def _foreground(self, prediction: Prediction) -> Tensor:
        """(B, K - 1, H', W') in 0..1, as the network sees it whatever the temperature."""
        return (prediction.logits * self.spec.temperature).softmax(dim=1)[:, 1:]

    def _memorise(
        self,
        prepared: Prepared,
        foreground: Tensor,
        prediction: Prediction,
        now: Tensor,
        pinned: bool,
        state: State,
    ) -> State:
        tokens = self.memory.memorise(prepared.top, foreground)
        entry = Entry(
            tokens=tokens,
            key=tokens.new_zeros(len(tokens), 1),
            score=prediction.score,
            frame=now,
            pinned=torch.full_like(now, pinned, dtype=torch.bool),
        )
        bank = state.memory or MemoryBank.empty(self.policy.capacity, like=entry)
        return replace(state, memory=bank.write(entry, self.policy.slot_for(entry, bank)))

    def base_parameters(self) -> Iterator[nn.Parameter]:
        """Those of the network that its settings let learn."""
        return self.network.learning_parameters()

    def gate_parameters(self) -> Iterator[nn.Parameter]:
        """Those that say how far prompts and coarse masks reach the decoder; they are among the network's."""
        return (one for name, one in self.network.named_parameters() if name in ("gate", "prior"))

    def memory_parameters(self) -> Iterator[nn.Parameter]:
        """Those of memory attention, memory encoder and the projections."""
        return self.memory.parameters()

    def look_parameters(self) -> Iterator[nn.Parameter]:
        """Those of memory attention and memory encoder, which SAM2 has too."""
        return self.memory.look_parameters()
