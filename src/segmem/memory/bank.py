"""A bank holds N slots per stream. It moves tensors; a policy decides which slot."""

from dataclasses import dataclass, fields, replace
from typing import Self

import torch
from einops import rearrange
from torch import Tensor

from segmem.memory.sound import sound
from segmem.ops.beside import beside

EMPTY = -1  # the frame number of a slot that holds nothing


@dataclass(frozen=True, slots=True)
class Entry:
    """One memory of each stream, as the memory encoder makes it."""

    tokens: Tensor  # B L C
    key: Tensor  # B D, what the memory is found by
    score: Tensor  # B, how sure the model was
    frame: Tensor  # B int64, when it was made
    pinned: Tensor  # B bool, came from a person or a labelled support frame


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of a bank."""

    key: Tensor  # B D
    frame: Tensor  # B int64


@dataclass(frozen=True, slots=True)
class Recall:
    """A policy's answer: which slots to read, each with its temporal code. An invalid one is read as nothing."""

    slot: Tensor  # B R int64
    valid: Tensor  # B R bool
    rank: Tensor  # B R int64, index of the temporal code

    def compact(self) -> Self:
        """Without the columns that are invalid in every row."""
        column = self.valid.any(dim=0)
        if bool(column.all()):
            return self
        return replace(
            self, slot=self.slot[:, column], valid=self.valid[:, column], rank=self.rank[:, column]
        )


@dataclass(frozen=True, slots=True)
class Memory:
    """What was read, ready for memory attention."""

    tokens: Tensor  # B R L C
    age: Tensor  # B R int64, frames since it was made
    rank: Tensor  # B R int64, index of the temporal code
    valid: Tensor  # B R bool


@dataclass(frozen=True, slots=True)
class MemoryBank:
    """N preallocated slots per stream: the fields of Entry with a slot axis after B."""

    tokens: Tensor  # B N L C
    key: Tensor  # B N D
    score: Tensor  # B N
    frame: Tensor  # B N int64, EMPTY where nothing was written
    pinned: Tensor  # B N bool

    @classmethod
    def empty(cls, capacity: int, like: Entry) -> Self:
        """A bank of `capacity` empty slots, shaped and placed as `like`."""

        def room(x: Tensor) -> Tensor:
            return x.new_zeros(x.shape[0], capacity, *x.shape[1:])

        blank = {f.name: room(getattr(like, f.name).detach()) for f in fields(Entry)}
        blank["frame"] = torch.full_like(blank["frame"], EMPTY)
        return cls(**blank)

    @property
    def used(self) -> Tensor:
        """(B, N) bool, which slots hold something."""
        return self.frame != EMPTY

    def write(self, entry: Entry, slot: Tensor) -> Self:
        """The bank with `entry` in `slot` (B int64); a negative slot drops the entry, and so does one that holds NaN or
        infinity, which would stay in all that comes after.

        In place where no gradient is recorded, so the caller must not go on using the bank it
        passed in; a new bank where one is, since back-propagation needs the old values.
        """
        slot = torch.where(sound(entry.tokens) & sound(entry.key) & entry.score.isfinite(), slot, -1)
        if torch.is_grad_enabled():
            return self._written_anew(entry, slot)
        row = torch.arange(slot.shape[0], device=slot.device)
        target, kept = slot.clamp(min=0), slot >= 0
        for f in fields(Entry):
            bank, new = getattr(self, f.name), getattr(entry, f.name)
            bank[row, target] = torch.where(beside(kept, new), new.to(bank.dtype), bank[row, target])
        return self

    def _written_anew(self, entry: Entry, slot: Tensor) -> Self:
        here = torch.arange(self.frame.shape[1], device=slot.device) == slot[:, None]  # B N

        def put(old: Tensor, new: Tensor) -> Tensor:
            return torch.where(beside(here, old), new[:, None].to(old.dtype), old)

        return type(self)(
            **{f.name: put(getattr(self, f.name), getattr(entry, f.name)) for f in fields(Entry)}
        )

    def read(self, query: Query, recall: Recall) -> Memory:
        """The recalled slots, as memory attention takes them; a bank of one row is read by all rows of the recall."""
        rows = recall.slot.shape[0] if len(self.frame) > 1 else 1
        row = torch.arange(rows, device=recall.slot.device)[:, None]
        return Memory(
            tokens=self.tokens[row, recall.slot],
            age=query.frame[:, None] - self.frame[row, recall.slot],
            rank=recall.rank,
            valid=recall.valid,
        )

    def rows(self, index: Tensor) -> Self:
        """The bank of the rows that `index` (R int64) names; they are copied."""
        return replace(self, **{f.name: getattr(self, f.name)[index] for f in fields(self)})

    def to(self, device: torch.device) -> Self:
        """The same on a device."""
        return replace(self, **{f.name: getattr(self, f.name).to(device) for f in fields(self)})

    def widened(self, streams: int, more: int) -> Self:
        """`more` empty rows after the rows of each of `streams` streams."""

        def grow(x: Tensor, fill: int) -> Tensor:
            each = rearrange(x, "(b k) ... -> b k ...", b=streams)
            empty = each.new_full((streams, more, *each.shape[2:]), fill)
            return rearrange(torch.cat([each, empty], dim=1), "b k ... -> (b k) ...")

        return replace(
            self, **{f.name: grow(getattr(self, f.name), EMPTY * (f.name == "frame")) for f in fields(self)}
        )

    def mirrored(self, length: int) -> Self:
        """The same memories of `length` frames counted from the last one."""
        return replace(self, frame=torch.where(self.used, length - 1 - self.frame, EMPTY))

    def fork(self) -> Self:
        """A copy that shares no storage."""
        return replace(self, **{f.name: getattr(self, f.name).clone() for f in fields(self)})

    def detach(self) -> Self:
        """The same values, cut from the graph that made them."""
        return replace(self, **{f.name: getattr(self, f.name).detach() for f in fields(self)})
