"""Keep the latest frames, or every k-th of them (TMAM)."""

import torch
from pydantic import Field
from torch import Tensor

from segmem.core import Settings
from segmem.memory.bank import Entry, MemoryBank, Query, Recall
from segmem.memory.slots import all_slots, oldest, recency


class Fifo(Settings):
    """First in, first out (TMAM, section 2)."""

    capacity: int = Field(default=10, ge=1)
    """How many past frames are kept."""
    stride: int = Field(default=1, ge=1)
    """Only every so many frames is one remembered; the same in training and in use."""
    first_twice: bool = False
    """The oldest memory is read twice until all slots are full, as by a bank that the first frame fills (TMAM's
    code)."""
    min_score: float = Field(default=0.0, ge=0.0, le=1.0)
    """A frame whose score is below this is not remembered."""

    def due(self, frame: int) -> bool:
        """Every `stride`-th frame."""
        return frame % self.stride == 0

    def slot_for(self, entry: Entry, bank: MemoryBank) -> Tensor:
        """The oldest slot, or none below the score."""
        return torch.where(entry.score >= self.min_score, oldest(bank.frame), -1)

    def recall(self, query: Query, bank: MemoryBank) -> Recall:
        """All that is there, coded by how recent it is."""
        rank = recency(query.frame[:, None] - bank.frame, bank.used)
        recall = Recall(slot=all_slots(bank), valid=bank.used, rank=rank)
        return _with_first_again(recall, bank) if self.first_twice else recall


def _with_first_again(recall: Recall, bank: MemoryBank) -> Recall:
    """With the oldest memory once more, where a slot is still empty."""
    first = torch.where(bank.used, bank.frame, torch.iinfo(bank.frame.dtype).max).argmin(dim=1, keepdim=True)
    again = bank.used.any(dim=1, keepdim=True) & ~bank.used.all(dim=1, keepdim=True)
    return Recall(
        slot=torch.cat([recall.slot, first], dim=1),
        valid=torch.cat([recall.valid, again], dim=1),
        rank=torch.cat([recall.rank, recall.rank.gather(1, first)], dim=1),
    )
