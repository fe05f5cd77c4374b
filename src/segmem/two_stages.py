"""A scan in two stages: every slice by itself, then outwards from the surest slices with memory, both ways.

Knows slices on the model's grid; not files, spacings or the scan's own size.
"""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace

import torch
from torch import Tensor

from segmem.core import Features, Prediction
from segmem.memory import MemoryBank
from segmem.memory.bank import EMPTY
from segmem.nn.key_slices import key_slices
from segmem.nn.lapg_network import Prepared
from segmem.state import State
from segmem.volumetric import VolumeSegmenter

CHUNK = 16  # slices that are encoded at once
SURE = 10.0  # logit of a presence that is read off a mask
Tick = Callable[[], None]


def encode_slices(
    model: VolumeSegmenter, frames: Callable[[int, int], Tensor], length: int, tick: Tick = lambda: None
) -> Prepared:
    """All that is known of T slices before memory is asked.

    Args:
        model: encodes a few slices at once, with the neighbours that each needs.
        frames: gives slices number a to b - 1 as (b - a, 3, H, W).
        length: T.
        tick: called after each slice.
    """
    halo, parts = model.network.halo, []
    for first in range(0, length, CHUNK):
        last = min(first + CHUNK, length)
        low, high = max(0, first - halo), min(length, last + halo)
        known = model.encode(frames(low, high), slices=high - low)
        parts.append(taken(known, slice(first - low, last - low)))
        for _ in range(first, last):
            tick()
    together = Features(
        torch.cat([part.top for part in parts]),
        tuple(torch.cat(level) for level in zip(*(part.skips for part in parts), strict=True)),
    )
    return Prepared.unpacked(together)


def taken(features: Features, rows: slice | list[int]) -> Features:
    """Some slices of T."""
    return Features(features.top[rows], tuple(skip[rows] for skip in features.skips))


def first_stage(model: VolumeSegmenter, slices: Prepared) -> Prediction:
    """The answer to T slices without memory."""
    whole = slices.packed()
    parts = []
    for first in range(0, len(slices.top), CHUNK):
        some = Prepared.unpacked(taken(whole, slice(first, first + CHUNK)))
        parts.append(model.decode(some, some.top))
    return _joined(parts)


def _told(model: VolumeSegmenter, slices: Prepared) -> Prepared:
    """With coarse masks and presence: the first stage's answer, where a generator draws none."""
    if slices.coarse.shape[1]:
        return slices
    found = first_stage(model, slices).logits
    there = torch.nn.functional.one_hot(found.argmax(dim=1), found.shape[1])[..., 1:].flatten(1, 2).any(dim=1)
    return replace(slices, coarse=found[:, None], presence=torch.where(there, SURE, -SURE))


def second_stage(
    model: VolumeSegmenter,
    slices: Prepared,
    support: MemoryBank | None = None,
    tick: Tick = lambda: None,
) -> Prediction:
    """The answer to T slices that have looked back: key slices pinned, then all from both ends at once.

    Both ways go as two rows of one batch: row 0 is at slice t, row 1 at T - 1 - t, each with a memory that counts
    slices from its own end. A slice is answered by both and they are fused, each as sure as its score says.

    Args:
        model: whose memory is asked.
        slices: of `encode_slices`.
        support: memories of other, labelled scans, one row; the surest of them are read beside the key slices, as
            many as `policy.pinned` leaves room for.
        tick: called after each slice.
    """
    length = len(slices.top)
    keys = key_slices(_told(model, slices), model.keys)
    if model.keys and not keys and support is None:  # nothing is there to follow
        for _ in range(length):
            tick()
        return first_stage(model, slices)
    whole = slices.packed()
    begun = None if support is None else templates(model, support)
    state = replace(State.start(length), memory=begun)
    for key in keys:
        here = taken(whole, [key])
        _, state = model.step(here, replace(state, frame=key), recall=False, memorise=True, pinned=True)
    state = replace(_both_ways(state, length), frame=0)
    ways: list[Prediction] = []
    for index in range(length):
        prediction, state = model.step(taken(whole, [index, length - 1 - index]), state)
        ways.append(prediction)
        tick()
    ahead = _joined([_row(one, 0) for one in ways])
    behind = _joined([_row(one, 1) for one in reversed(ways)])
    return fused(ahead, behind)


def templates(model: VolumeSegmenter, bank: MemoryBank) -> MemoryBank:
    """A bank as the model's policy has it, whose first slots are the surest memories of another one, pinned.

    Their slices are numbered from -2 downwards, so that they are none of the scan's, from whichever end it is seen.
    """
    room = model.policy.pinned - model.keys
    order = bank.score[0].masked_fill(~bank.used[0], -torch.inf).argsort(descending=True)
    chosen = order[: min(room, int(bank.used.sum()))]
    blank = model.policy.capacity - len(chosen)

    def placed(x: Tensor, empty: int = 0) -> Tensor:
        rest = x.new_full((1, blank, *x.shape[2:]), empty)
        return torch.cat([x[:, chosen], rest], dim=1)

    numbers = -2 - torch.arange(len(chosen), device=bank.frame.device)[None]
    return MemoryBank(
        tokens=placed(bank.tokens),
        key=placed(bank.key),
        score=placed(bank.score),
        frame=torch.cat([numbers, placed(bank.frame, EMPTY)[:, len(chosen) :]], dim=1),
        pinned=placed(torch.ones_like(bank.pinned)),
    )


def _both_ways(state: State, length: int) -> State:
    """Two rows of one: as it is, and seen from the scan's end."""
    if state.memory is None:
        return state
    there = state.memory
    back = there.mirrored(length)
    pairs = {f.name: torch.cat([getattr(there, f.name), getattr(back, f.name)]) for f in fields(MemoryBank)}
    return replace(state, memory=MemoryBank(**pairs))


def fused(one: Prediction, other: Prediction) -> Prediction:
    """Of two answers to the same slices: the mean of their probabilities, each weighted by its score."""
    weight = one.score / (one.score + other.score).clamp(min=1e-6)
    w = weight[:, None, None, None]
    mixed = torch.logaddexp(
        one.logits.log_softmax(dim=1) + w.clamp(min=1e-6).log(),
        other.logits.log_softmax(dim=1) + (1 - w).clamp(min=1e-6).log(),
    )
    quality = None
    if one.quality is not None and other.quality is not None:
        quality = torch.maximum(one.quality, other.quality)
    return Prediction(mixed, torch.maximum(one.score, other.score), quality=quality, coarse=other.coarse)


def _row(prediction: Prediction, row: int) -> Prediction:
    rows = slice(row, row + 1)
    quality, coarse = prediction.quality, prediction.coarse
    return Prediction(
        prediction.logits[rows],
        prediction.score[rows],
        quality=None if quality is None else quality[rows],
        coarse=None if coarse is None else coarse[rows],
    )


def _joined(parts: list[Prediction]) -> Prediction:
    qualities = [part.quality for part in parts if part.quality is not None]
    coarse = [part.coarse for part in parts if part.coarse is not None]
    return Prediction(
        torch.cat([part.logits for part in parts]),
        torch.cat([part.score for part in parts]),
        quality=torch.cat(qualities) if qualities else None,
        coarse=torch.cat(coarse) if coarse else None,
    )


def each(prediction: Prediction) -> Iterator[Prediction]:
    """The answer to each of T slices."""
    return (_row(prediction, index) for index in range(len(prediction.score)))
