"""What is remembered across cases: one shared row that is only read, and beside it what a session adds."""

from dataclasses import dataclass, fields, replace
from typing import Self

import torch
from torch import Tensor

from segmem.memory.bank import EMPTY, Entry, Memory, MemoryBank, Query
from segmem.memory.confidence import Confidence, cosines

OVERLAY = 16  # entries of one stream that a session holds, unless it says otherwise


@dataclass(frozen=True, slots=True)
class Found:
    """What a frame of each stream reads of other cases.

    Attributes:
        memory: the entries, the fittest first.
        slot: (B, R) where they lie in the shared row.
        score: (B, R) how fit each is.
    """

    memory: Memory
    slot: Tensor
    score: Tensor


@dataclass(frozen=True, slots=True)
class CaseMemory:
    """A bank of one row that all streams read and no step writes, and an overlay with a row a stream.

    The overlay is what this session would add. It is not read, so a frame is answered in the same way whatever was
    segmented beside it; `kept` puts it into a bank on purpose, `rolled_back` drops it.

    Attributes:
        shared: one row, or None: nothing is known of other cases.
        overlay: what the session wrote, None before the first.
        room: entries that the overlay may hold for each stream; with 0 nothing is written.
        itself: an entry whose key is more alike than this is of the very image, and not read: while one learns, the
            bank holds the answers to what is asked. None reads it like others.
    """

    shared: MemoryBank | None = None
    overlay: MemoryBank | None = None
    room: int = 0
    itself: float | None = None

    def find(self, key: Tensor, policy: Confidence) -> Found | None:
        """What images with these keys (B, D) read; None where there is nothing at all."""
        if self.shared is None:
            return None
        query = Query(key, torch.zeros(len(key), dtype=torch.int64, device=key.device))
        recall = policy.recall(query, self.shared)
        if self.itself is not None:
            alike = cosines(query.key, self.shared.key).gather(1, recall.slot)
            recall = replace(recall, valid=recall.valid & (alike <= self.itself))
        recall = recall.compact()
        if not recall.slot.shape[1]:
            return None
        score = policy.scores(query, self.shared).gather(1, recall.slot)
        return Found(self.shared.read(query, recall), recall.slot, score)

    def written(self, entry: Entry, due: Tensor, policy: Confidence) -> Self:
        """With an entry of each stream, where it is `due` (B,), in the overlay."""
        if not self.room:
            return self
        overlay = self.overlay or MemoryBank.empty(self.room, like=entry)
        slot = torch.where(due, policy.slot_for(entry, overlay), -1)
        return replace(self, overlay=overlay.write(entry, slot))

    def rolled_back(self) -> Self:
        """Without what the session wrote."""
        return replace(self, overlay=None)

    def fork(self) -> Self:
        """A copy that can be written by itself; the shared row is not copied, since nobody writes it."""
        return replace(self, overlay=None if self.overlay is None else self.overlay.fork())

    def detach(self) -> Self:
        """The same, cut from the graph."""
        return replace(self, overlay=None if self.overlay is None else self.overlay.detach())


@torch.no_grad()
def kept(cases: CaseMemory, policy: Confidence) -> tuple[MemoryBank | None, dict[int, tuple[int, int]]]:
    """A new bank of one row with what a session wrote, by the policy's rule; the shared row stays as it was.

    Returns:
        The bank, None where there is nothing to hold, and for each of its slots that was written the stream and the
        overlay's slot that it came from.
    """
    overlay = cases.overlay
    if overlay is None:
        return cases.shared, {}
    first = Entry(**{f.name: getattr(overlay, f.name)[:1, 0] for f in fields(Entry)})
    bank = MemoryBank.empty(policy.capacity, like=first)
    if cases.shared is not None:
        bank = _with(bank, cases.shared)
    came: dict[int, tuple[int, int]] = {}
    for stream, place in overlay.used.nonzero().tolist():
        entry = Entry(**{f.name: getattr(overlay, f.name)[stream : stream + 1, place] for f in fields(Entry)})
        slot = policy.slot_for(entry, bank)
        bank = bank.write(entry, slot)
        if int(slot) >= 0:
            came[int(slot)] = (stream, place)
    return bank, came


def _with(room: MemoryBank, shared: MemoryBank) -> MemoryBank:
    """An empty bank with the entries of another, as many as it has slots, in its first ones."""
    count = min(room.frame.shape[1], shared.frame.shape[1])
    for f in fields(MemoryBank):
        getattr(room, f.name)[:, :count] = getattr(shared, f.name)[:, :count]
    return room


def bank_of(entry: Entry) -> MemoryBank:
    """One row of as many slots as the entry has rows."""
    found = {f.name: getattr(entry, f.name).detach()[None] for f in fields(Entry)}
    return MemoryBank(**found)


def chosen(bank: MemoryBank, slots: list[int]) -> MemoryBank:
    """A bank of one row with these slots alone, in this order."""
    return replace(bank, **{f.name: getattr(bank, f.name)[:, slots] for f in fields(MemoryBank)})


def held(bank: MemoryBank) -> list[int]:
    """Slots of a bank of one row that hold something."""
    found: list[int] = (bank.frame[0] != EMPTY).nonzero()[:, 0].tolist()
    return found
