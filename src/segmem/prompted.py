"""The forward path of methods that segment prompted objects: the same six rooms, a row of memory an object.

encode -> prompt -> recall -> attend -> decode -> memorise
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import cast

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.across import AcrossCases, Told
from segmem.asks import Ask, asks_of
from segmem.banks import read, some, written
from segmem.core import Features, Prediction
from segmem.core.prompt import PromptBatch
from segmem.decoding import Decoding
from segmem.encoding import HalvedEncoder, encode_clip, encode_next, finish_clip
from segmem.memory import Memory, MemoryPolicy, Support
from segmem.nn.promptable import ABSENT, ObjectMasks, PromptableNetwork
from segmem.nn.temporal_adapter import Past, TemporalSettings
from segmem.ops.fit import Fit
from segmem.ops.prepare import prepare
from segmem.rows import Rows, ordered
from segmem.state import Spec, State

CELL = 4  # logits to a cell of the features


class PromptedSegmenter(nn.Module):
    """A promptable network and its policies. Holds weights only.

    Args:
        network: the parts.
        policy: which remembered frames are written and read.
        pointer_policy: the same for object pointers; None does without them.
        spec: the input it was made for.
        together: objects that go through the network at once; None takes what is fastest.
        temporal: the adapters in the network's encoder; None where it sees each frame for itself.
        across: memory of other cases; None does without it.
    """

    prompted = True

    def __init__(
        self,
        network: nn.Module,
        policy: MemoryPolicy,
        pointer_policy: Support | None,
        spec: Spec,
        together: int | None = None,
        temporal: TemporalSettings | None = None,
        across: AcrossCases | None = None,
    ) -> None:
        super().__init__()
        self.network: PromptableNetwork = network  # type: ignore[assignment]
        self.policy = policy
        self.pointer_policy = pointer_policy
        self.spec = spec
        self.together = together
        self.temporal = temporal
        self.across = across

    def step(
        self,
        frame: Tensor | Features,
        state: State,
        prompt: PromptBatch | None = None,
        *,
        recall: bool = True,
        memorise: bool | None = None,
    ) -> tuple[Prediction, State]:
        """Segment one frame of each stream.

        An object is known from its first prompt on. A later prompt corrects: points and a box start from what
        memory says, a mask is taken as it is. A prompted frame is pinned in memory.

        Args:
            frame: (B, 3, H, W) as `prepare` makes it, or the features `encode` made of it.
            state: of the streams; consumed, `state.fork()` keeps a copy.
            prompt: of this frame, in pixels of the grid.
            recall: whether the stream's memory is read; where it is not, an object is found on the frames it is
                prompted on. Memory of other cases is read wherever the state has one.
            memorise: whether memory is written; None: where it is read.

        Returns:
            Logits (B, 1 + K, 4h, 4w) of background and K objects, where features are (h, w): a quarter of SAM2's
            grid, all of LiteMedSAM's; and the state after this frame.
        """
        # encode
        features, state = (frame, state) if isinstance(frame, Features) else self.encode_next(frame, state)
        streams = features.top.shape[0]

        # prompt
        if prompt is not None:
            state = state.with_objects(prompt.objects, streams)
        after = replace(state, frame=state.frame + 1)
        if not state.objects:
            return _nothing(features), after
        asks = asks_of(prompt, state.objects, streams)

        # recall, attend, decode and memorise, some objects at a time
        rows = torch.arange(streams * len(state.objects), device=features.top.device)
        table = rearrange(rows, "(b k) -> b k", b=streams)
        parts = torch.split(table, self.together or self.fastest(features, table.shape[1]), dim=1)
        memorise = recall if memorise is None else memorise
        told = None
        if self.across is not None and self.across.hears(asks.values()):
            told = self.across.look(self.network, features.top, state)
        given = [
            self._objects(features, state, part.flatten(), asks, recall, memorise, told) for part in parts
        ]
        found = given[0] if len(given) == 1 else ordered(given, torch.cat([p.flatten() for p in parts]))

        prediction = self._prediction(found.masks, state.objects, streams)
        return prediction, self._written(features.top, after, found, state.frame) if memorise else after

    def fastest(self, features: Features, objects: int) -> int:
        """How many of `objects` go at once best. In use on a CPU one does: its maps then stay in the cache."""
        return 1 if features.top.device.type == "cpu" and not torch.is_grad_enabled() else objects

    def bytes_kept(self, features: Features) -> int:
        """Bytes of a state for each object once its banks are full, in use."""
        memory = self.policy.capacity * self.network.memory_numbers(features.top) * 2  # bfloat16
        pointers = (
            0 if self.pointer_policy is None else self.pointer_policy.capacity * features.top.shape[1] * 4
        )
        return memory + pointers

    def prepare(self, frames: Tensor, fit: Fit, window: tuple[float, float]) -> Tensor:
        """Frames (B, C, `fit.size`) in file units to (B, 3, `fit.grid`) as the network takes them.

        Args:
            fit: `ops.fit.plan(size, model.spec.fit)`.
            window: `ops.prepare.case_window` of the whole case.
        """
        return prepare(frames, fit, window, self.spec.intensity)

    def memory_parameters(self) -> Iterator[nn.Parameter]:
        """Those of memory attention, memory encoder and what belongs to them."""
        return self.network.memory_parameters()

    def encode(self, frame: Tensor) -> Features:
        """Features of (B, 3, H, W), to be handed to `step`; frames can be encoded in batches ahead of it."""
        return self.network.encode(frame)

    def encode_clip(self, frames: Tensor, past: Past = ()) -> tuple[list[Features], Past]:
        """Features of T frames (B, T, 3, H, W) that know of their neighbours; see `encoding.encode_clip`."""
        return encode_clip(self.network, frames, past)

    def enter(self, frame: Tensor) -> Features:
        """What of (B, 3, H, W) is of each frame alone, to be kept: its features, but where the encoder has temporal
        adapters, what comes to the first of them."""
        return self.encode(frame) if self.temporal is None else cast(HalvedEncoder, self.network).enter(frame)

    def finish_clip(self, entered: Tensor, past: Past = ()) -> tuple[list[Features], Past]:
        """Features of T frames that know of their neighbours, from what `enter` gave of each, (B, T, C, h, w)."""
        return finish_clip(cast(HalvedEncoder, self.network), entered, past)

    def encode_next(self, frame: Tensor, state: State) -> tuple[Features, State]:
        """Features of the frame (B, 3, H, W) that `state` waits for, and the state that has seen it."""
        return (
            (self.encode(frame), state) if self.temporal is None else encode_next(self.network, frame, state)
        )

    def _objects(
        self,
        features: Features,
        state: State,
        rows: Tensor,
        asks: Mapping[int, Ask],
        recall: bool,
        memorise: bool,
        told: Told | None,
    ) -> Rows:
        """Some objects of all streams, `rows` (B k) in order."""
        alone = not recall or (self.across is not None and self.across.only)
        memory, pointers = (None, None) if alone else self._recalled(state, rows)
        tracked = _tracked(memory, rows)
        image = rows // len(state.objects)
        here = {place: asks[row] for place, row in enumerate(rows.tolist()) if row in asks}

        # attend
        top = self._attended(features.top, memory, pointers, tracked, image, state)
        top = top if self.across is None else self.across.told(top, told, image, here)

        # decode
        masks = Decoding(self.network, features, top, image).masks(here, tracked.tolist())
        pinned = torch.zeros_like(tracked)
        pinned[list(here)] = True
        known = pinned | tracked
        masks = replace(masks, logits=torch.where(known[:, None, None, None], masks.logits, ABSENT))

        # memorise
        pointer = self.network.pointer(masks.token, masks.presence)
        tokens = self._remembered(features.top, masks, pinned) if memorise else masks.token
        return Rows(masks, pointer, tokens, pinned, known)

    def _recalled(self, state: State, rows: Tensor) -> tuple[Memory | None, Memory | None]:
        memory = read(state.memory, self.policy, state.frame, rows)
        if self.pointer_policy is None:
            return memory, None
        return memory, read(state.pointers, self.pointer_policy, state.frame, rows)

    def _attended(
        self,
        top: Tensor,
        memory: Memory | None,
        pointers: Memory | None,
        tracked: Tensor,
        image: Tensor,
        state: State,
    ) -> Tensor:
        """(R, C, h, w): rows that remember something have looked back at it."""
        horizon = self._horizon(state)
        if memory is not None and bool(tracked.all()):
            return self.network.attend(top, memory, pointers, horizon)
        alone = self.network.alone(top)[image]
        if memory is None or not bool(tracked.any()):
            return alone
        rows = tracked.nonzero()[:, 0]
        pointed = None if pointers is None else some(pointers, rows)
        seen = self.network.attend(top[image[rows]], some(memory, rows), pointed, horizon)
        return alone.to(seen.dtype).index_copy(0, rows, seen)

    def _horizon(self, state: State) -> int:
        """Frames over which object pointers reach back: all of a short clip of known length (SAM2)."""
        most = 1 if self.pointer_policy is None else self.pointer_policy.reach
        return most if state.length is None else min(state.length, most)

    def _remembered(self, top: Tensor, masks: ObjectMasks, pinned: Tensor) -> Tensor:
        """Memory tokens (R, L, Cm); a person's prompt makes the mask hard."""
        size = self.network.mask_size(top)
        large = F.interpolate(masks.logits.float(), size, mode="bilinear", align_corners=False)
        share = torch.where(pinned[:, None, None, None], (large > 0).float(), large.sigmoid())
        return self.network.memorise(top, share * 20 - 10, masks.presence)

    def _prediction(self, masks: ObjectMasks, objects: tuple[int, ...], streams: int) -> Prediction:
        logits = rearrange(masks.logits.float(), "(b k) 1 h w -> b k h w", b=streams) / self.spec.temperature
        quality = rearrange(_within(masks.quality.float()), "(b k) -> b k", b=streams)
        background = torch.zeros_like(logits[:, :1])
        coarse = masks.coarse
        if coarse is not None:
            coarse = rearrange(coarse, "(b k) 1 h w -> b k h w", b=streams)
        together = torch.cat([background, logits], dim=1)
        presence = rearrange(masks.presence.float(), "(b k) -> b k", b=streams)
        return Prediction(together, quality.mean(dim=1), objects, quality, coarse, presence)

    def _written(self, top: Tensor, state: State, rows: Rows, frame: int) -> State:
        """The state with this frame in its banks."""
        if self.across is not None:
            kept = replace(rows, tokens=_halved(rows.tokens))
            state = self.across.written(self.network, top, kept, state, frame)
        memory = written(state.memory, self.policy, rows, _halved(rows.tokens), frame)
        if self.pointer_policy is None:
            return replace(state, memory=memory)
        pointers = written(state.pointers, self.pointer_policy, rows, rows.pointer[:, None], frame)
        return replace(state, memory=memory, pointers=pointers)


def logits_size(features: Features) -> tuple[int, int]:
    """Rows and columns of the logits that come of them."""
    return features.top.shape[-2] * CELL, features.top.shape[-1] * CELL


def _nothing(features: Features) -> Prediction:
    """All background, sure of it: no object is known."""
    logits = features.top.new_zeros(len(features.top), 1, *logits_size(features)).float()
    return Prediction(logits, logits.new_ones(len(logits)))


def _halved(tokens: Tensor) -> Tensor:
    """In use memories are kept in bfloat16, as SAM2 keeps them."""
    return tokens if torch.is_grad_enabled() else tokens.to(torch.bfloat16)


def _within(quality: Tensor) -> Tensor:
    """A quality is in 0..1; a head without a sigmoid that learns must find back from outside."""
    return quality if quality.requires_grad else quality.clamp(0, 1)


def _tracked(memory: Memory | None, rows: Tensor) -> Tensor:
    return torch.zeros_like(rows, dtype=torch.bool) if memory is None else memory.valid.any(dim=1)
