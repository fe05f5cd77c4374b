"""What a person said of an object on a frame, as it was answered and remembered; states made to hold it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import groupby

import torch
from torch import Tensor

from segmem.core import Prompt
from segmem.memory import Entry, MemoryBank, MemoryPolicy
from segmem.memory.bank import EMPTY
from segmem.state import State

Place = tuple[int, int]
"""A frame's number and an object's id."""


@dataclass(frozen=True, slots=True)
class Pin:
    """One object on one prompted frame.

    Attributes:
        said: the prompt.
        logits: (1, 1, h, w), the answer to it on the model's grid.
        memory: of that answer, one row.
        pointer: its object pointer, one row; None where the method has none.
    """

    said: Prompt
    logits: Tensor
    memory: Entry
    pointer: Entry | None


def pin_from(state: State, said: Prompt, logits: Tensor) -> Pin:
    """The pin of a prompt that `step` has just heard; `state` is of its object alone, after that step."""
    now = state.frame - 1
    if state.memory is None:
        raise ValueError("a state without memory holds no pin")
    pointer = None if state.pointers is None else _pinned(state.pointers, now)
    return Pin(said, logits, _pinned(state.memory, now), pointer)


def _pinned(bank: MemoryBank, now: int) -> Entry:
    slot = (bank.pinned[0] & (bank.frame[0] == now)).nonzero()[0, 0]
    return Entry(**{f.name: getattr(bank, f.name)[:, slot].clone() for f in fields(Entry)})


def only(state: State, objects: Sequence[int]) -> State:
    """A copy with the rows of those of `objects` that it has, in their order. Of one stream."""
    there = [one for one in objects if one in state.objects]
    rows = torch.tensor([state.objects.index(one) for one in there])

    def kept(bank: MemoryBank | None) -> MemoryBank | None:
        return None if bank is None or not there else bank.rows(rows.to(bank.frame.device))

    return replace(state, objects=tuple(there), memory=kept(state.memory), pointers=kept(state.pointers))


def seated(
    state: State,
    objects: Sequence[int],
    pins: Mapping[Place, tuple[Entry, Entry | None]],
    policies: tuple[MemoryPolicy, MemoryPolicy | None],
) -> State:
    """A copy of `state` with rows for `objects`, that remembers these pins and, between them, what it did before.

    What it remembers of frames from its present one on is dropped, and so is what it remembers of a frame that
    is pinned.

    Args:
        state: of one stream; its present frame and its memory are in the time that it counts in.
        objects: ids, in the order of the rows.
        pins: memory and pointer of each, by frame in that same time.
        policies: of memory and of pointers.
    """
    wide = only(state, objects).with_objects(tuple(objects), 1)
    memory, pointers = (
        None if bank is None else _loose(bank, wide.frame) for bank in (wide.memory, wide.pointers)
    )
    of_memory, of_pointers = policies
    for frame, group in groupby(sorted(pins), lambda place: place[0]):
        here = {one: pins[frame, one] for _, one in group}
        rows = [here.get(one, (None, None)) for one in wide.objects]
        memory = _written(memory, of_memory, [entry for entry, _ in rows], frame)
        if of_pointers is not None:
            pointers = _written(pointers, of_pointers, [entry for _, entry in rows], frame)
    return replace(wide, memory=memory, pointers=pointers)


def _loose(bank: MemoryBank, now: int) -> MemoryBank:
    """Without pins, and without what lies ahead."""
    keep = ~bank.pinned & (bank.frame < now)
    return replace(bank, frame=bank.frame.where(keep, EMPTY), pinned=torch.zeros_like(bank.pinned))


def _written(
    bank: MemoryBank | None, policy: MemoryPolicy, rows: Sequence[Entry | None], frame: int
) -> MemoryBank:
    like = next(row for row in rows if row is not None)
    held = torch.tensor([row is not None for row in rows], device=like.frame.device)
    entry = Entry(
        **{f.name: torch.cat([getattr(row or like, f.name) for row in rows]) for f in fields(Entry)}
    )
    entry = replace(entry, frame=torch.full_like(entry.frame, frame), pinned=held)
    if bank is None:
        bank = MemoryBank.empty(policy.capacity, like=entry)
    twice = held[:, None] & (bank.frame == frame)
    bank = replace(bank, frame=bank.frame.masked_fill(twice, EMPTY))
    return bank.write(entry, torch.where(held, policy.slot_for(entry, bank), -1))
