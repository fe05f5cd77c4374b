"""The forward path of methods that segment prompted objects: the same six rooms, a row of memory an object.

encode -> prompt -> recall -> attend -> decode -> memorise
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Protocol

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.asks import Ask, alike, asks_of
from segmem.core import Features, Prediction
from segmem.core.prompt import PromptBatch
from segmem.memory import Entry, Memory, MemoryBank, MemoryPolicy, Query, Support
from segmem.nn.sam2_network import ABSENT, ObjectMasks
from segmem.ops.fit import Fit
from segmem.ops.prepare import prepare
from segmem.rows import Rows, ordered, taken
from segmem.state import Spec, State

SURE = 10.0  # logit of a pixel, or of an object's presence, that a person stated
PREVIOUS = 32.0  # an earlier answer is clamped to plus and minus it before it becomes a prompt
MANY_MEANINGS = 1  # up to so many points can mean several masks, of which the best is taken
CELL = 4  # logits to a cell of the features


class PromptableNetwork(Protocol):
    """SAM2's parts, or others in their place; shapes as in `nn.sam2_network`."""

    def encode(self, frame: Tensor) -> Features: ...

    def alone(self, top: Tensor) -> Tensor: ...

    def attend(self, top: Tensor, memory: Memory, pointers: Memory | None, horizon: int) -> Tensor: ...

    def decode(
        self,
        top: Tensor,
        skips: tuple[Tensor, ...],
        points: Tensor | None = None,
        mask: Tensor | None = None,
        multimask: bool = True,
    ) -> ObjectMasks: ...

    def mask_prompt(self, mask: Tensor) -> Tensor: ...

    def pointer(self, token: Tensor, presence: Tensor) -> Tensor: ...

    def memorise(self, top: Tensor, mask: Tensor, presence: Tensor) -> Tensor: ...

    def mask_size(self, top: Tensor) -> tuple[int, int]: ...

    def memory_numbers(self, top: Tensor) -> int: ...

    def memory_parameters(self) -> Iterator[nn.Parameter]: ...


class PromptedSegmenter(nn.Module):
    """A promptable network and its policies. Holds weights only.

    Args:
        network: the parts.
        policy: which remembered frames are written and read.
        pointer_policy: the same for object pointers; None does without them.
        spec: the input it was made for.
        together: objects that go through the network at once; None takes what is fastest.
    """

    prompted = True

    def __init__(
        self,
        network: nn.Module,
        policy: MemoryPolicy,
        pointer_policy: Support | None,
        spec: Spec,
        together: int | None = None,
    ) -> None:
        super().__init__()
        self.network: PromptableNetwork = network  # type: ignore[assignment]
        self.policy = policy
        self.pointer_policy = pointer_policy
        self.spec = spec
        self.together = together

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
            recall: whether memory is read; where it is not, an object is found on the frames it is prompted on.
            memorise: whether memory is written; None: where it is read.

        Returns:
            Logits (B, 1 + K, 4h, 4w) of background and K objects, where features are (h, w): a quarter of SAM2's
            grid, all of LiteMedSAM's; and the state after this frame.
        """
        # encode
        features = frame if isinstance(frame, Features) else self.encode(frame)
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
        given = [self._objects(features, state, part.flatten(), asks, recall, memorise) for part in parts]
        found = given[0] if len(given) == 1 else ordered(given, torch.cat([p.flatten() for p in parts]))

        prediction = self._prediction(found.masks, state.objects, streams)
        return prediction, self._written(after, found, state.frame) if memorise else after

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

    def _objects(
        self,
        features: Features,
        state: State,
        rows: Tensor,
        asks: Mapping[int, Ask],
        recall: bool,
        memorise: bool,
    ) -> Rows:
        """Some objects of all streams, `rows` (B k) in order."""
        memory, pointers = self._recalled(state, rows) if recall else (None, None)
        tracked = _tracked(memory, rows)
        image = rows // len(state.objects)
        here = {place: asks[row] for place, row in enumerate(rows.tolist()) if row in asks}

        # attend
        top = self._attended(features.top, memory, pointers, tracked, image, state)

        # decode
        masks = self._decoded(features, top, image, here, tracked.tolist())
        pinned = torch.zeros_like(tracked)
        pinned[list(here)] = True
        known = pinned | tracked
        masks = replace(masks, logits=torch.where(known[:, None, None, None], masks.logits, ABSENT))

        # memorise
        pointer = self.network.pointer(masks.token, masks.presence)
        tokens = self._remembered(features.top, masks, pinned) if memorise else masks.token
        return Rows(masks, pointer, tokens, pinned, known)

    def _recalled(self, state: State, rows: Tensor) -> tuple[Memory | None, Memory | None]:
        memory = _read(state.memory, self.policy, state.frame, rows)
        if self.pointer_policy is None:
            return memory, None
        return memory, _read(state.pointers, self.pointer_policy, state.frame, rows)

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
        some = tracked.nonzero()[:, 0]
        pointed = None if pointers is None else _some(pointers, some)
        seen = self.network.attend(top[image[some]], _some(memory, some), pointed, horizon)
        return alone.to(seen.dtype).index_copy(0, some, seen)

    def _horizon(self, state: State) -> int:
        """Frames over which object pointers reach back: all of a short clip of known length (SAM2)."""
        most = 1 if self.pointer_policy is None else self.pointer_policy.reach
        return most if state.length is None else min(state.length, most)

    def _decoded(
        self,
        features: Features,
        top: Tensor,
        image: Tensor,
        asks: Mapping[int, Ask],
        tracked: Sequence[bool],
    ) -> ObjectMasks:
        """Masks of all rows: those without a prompt together, then each group that is asked alike."""
        starts = [place for place, ask in asks.items() if tracked[place] and ask.points is not None]
        silent = [place for place in range(len(image)) if place not in asks]
        given: list[ObjectMasks] = []
        before: dict[int, Tensor] = {}
        if silent or starts:
            places = sorted(silent + starts)
            whole = len(places) == len(image)
            plain = self.network.decode(
                top if whole else top[places], features.skips if whole else _of(features.skips, image[places])
            )
            before = dict(zip(places, plain.logits, strict=True))
            given.append(plain if not starts else taken(plain, [places.index(one) for one in silent]))
        groups = alike(asks, tracked)
        given += [self._asked(features, top, image, asks, group, before) for group in groups]
        if not groups:
            return given[0]
        return ordered(given, torch.tensor([*silent, *(p for group in groups for p in group)]))

    def _asked(
        self,
        features: Features,
        top: Tensor,
        image: Tensor,
        asks: Mapping[int, Ask],
        group: list[int],
        before: Mapping[int, Tensor],
    ) -> ObjectMasks:
        """Masks of a group of rows that are asked alike."""
        skips = _of(features.skips, image[group])
        points = [ask.points for place in group if (ask := asks[place]).points is not None]
        if not points:
            masks = torch.stack([mask for place in group if (mask := asks[place].mask) is not None])
            return self._taken_as_given(features.top[image[group]], skips, masks[:, None].to(top.device))
        earlier = None
        if group[0] in before:
            earlier = torch.stack([before[place] for place in group]).clamp(-PREVIOUS, PREVIOUS)
        return self.network.decode(
            top[group],
            skips,
            torch.stack(points).to(top.device),
            earlier,
            multimask=len(points[0]) <= MANY_MEANINGS,
        )

    def _taken_as_given(self, top: Tensor, skips: tuple[Tensor, ...], mask: Tensor) -> ObjectMasks:
        """A person's mask (R, 1, H, W) as the answer; the decoder adds the pointer's token (SAM2)."""
        seen = self.network.decode(top, skips, mask=self.network.mask_prompt(mask), multimask=False)
        logits = F.interpolate(
            mask * 2 * SURE - SURE,
            seen.logits.shape[-2:],
            mode="bilinear",
            align_corners=False,
            antialias=True,
        )
        there = mask.flatten(1).any(dim=1)
        presence = torch.where(there, SURE, -SURE).to(seen.presence)
        return replace(seen, logits=logits, quality=torch.ones_like(seen.quality), presence=presence)

    def _remembered(self, top: Tensor, masks: ObjectMasks, pinned: Tensor) -> Tensor:
        """Memory tokens (R, L, Cm); a person's prompt makes the mask hard."""
        size = self.network.mask_size(top)
        large = F.interpolate(masks.logits.float(), size, mode="bilinear", align_corners=False)
        share = torch.where(pinned[:, None, None, None], (large > 0).float(), large.sigmoid())
        return self.network.memorise(top, share * 20 - 10, masks.presence)

    def _prediction(self, masks: ObjectMasks, objects: tuple[int, ...], streams: int) -> Prediction:
        logits = rearrange(masks.logits.float(), "(b k) 1 h w -> b k h w", b=streams) / self.spec.temperature
        quality = rearrange(masks.quality.float().clamp(0, 1), "(b k) -> b k", b=streams)
        background = torch.zeros_like(logits[:, :1])
        coarse = masks.coarse
        if coarse is not None:
            coarse = rearrange(coarse, "(b k) 1 h w -> b k h w", b=streams)
        together = torch.cat([background, logits], dim=1)
        return Prediction(together, quality.mean(dim=1), objects, quality, coarse)

    def _written(self, state: State, rows: Rows, frame: int) -> State:
        """The state with this frame in its banks."""
        memory = _wrote(state.memory, self.policy, rows, _halved(rows.tokens), frame)
        if self.pointer_policy is None:
            return replace(state, memory=memory)
        pointers = _wrote(state.pointers, self.pointer_policy, rows, rows.pointer[:, None], frame)
        return replace(state, memory=memory, pointers=pointers)


def _nothing(features: Features) -> Prediction:
    """All background, sure of it: no object is known."""
    b, _, h, w = features.top.shape
    logits = features.top.new_zeros(b, 1, h * CELL, w * CELL).float()
    return Prediction(logits, logits.new_ones(b))


def _read(bank: MemoryBank | None, policy: MemoryPolicy, frame: int, rows: Tensor) -> Memory | None:
    if bank is None:
        return None
    bank = bank if len(rows) == len(bank.frame) else bank.rows(rows)
    query = Query(key=bank.key[:, 0], frame=torch.full_like(bank.frame[:, 0], frame))
    return bank.read(query, policy.recall(query, bank).compact())


def _wrote(
    bank: MemoryBank | None, policy: MemoryPolicy, rows: Rows, tokens: Tensor, frame: int
) -> MemoryBank:
    entry = Entry(
        tokens=tokens,
        key=tokens.new_zeros(len(tokens), 1),
        score=rows.masks.quality,
        frame=torch.full_like(rows.known, frame, dtype=torch.int64),
        pinned=rows.pinned,
    )
    bank = bank or MemoryBank.empty(policy.capacity, like=entry)
    return bank.write(entry, torch.where(rows.known, policy.slot_for(entry, bank), -1))


def _halved(tokens: Tensor) -> Tensor:
    """In use memories are kept in bfloat16, as SAM2 keeps them."""
    return tokens if torch.is_grad_enabled() else tokens.to(torch.bfloat16)


def _tracked(memory: Memory | None, rows: Tensor) -> Tensor:
    return torch.zeros_like(rows, dtype=torch.bool) if memory is None else memory.valid.any(dim=1)


def _some(memory: Memory, index: Tensor) -> Memory:
    return replace(memory, **{f.name: getattr(memory, f.name)[index] for f in fields(memory)})


def _of(skips: tuple[Tensor, ...], image: Tensor) -> tuple[Tensor, ...]:
    """The skips of each row's image; not copied where there is but one image."""
    return skips if all(len(skip) == 1 for skip in skips) else tuple(skip[image] for skip in skips)
