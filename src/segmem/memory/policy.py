"""The questions every memory policy answers: is a frame due, where does it go, what is read."""

from typing import Protocol

from torch import Tensor

from segmem.memory.bank import Entry, MemoryBank, Query, Recall


class MemoryPolicy(Protocol):
    """Decides where a memory goes and which memories are read. Holds settings, never tensors."""

    @property
    def capacity(self) -> int:
        """Slots a stream's bank needs."""
        ...

    def due(self, frame: int) -> bool:
        """Whether frame number `frame` may be remembered at all; if not, no entry is made of it."""
        ...

    def slot_for(self, entry: Entry, bank: MemoryBank) -> Tensor:
        """Slot to overwrite, B int64; negative drops the entry."""
        ...

    def recall(self, query: Query, bank: MemoryBank) -> Recall:
        """Slots to read for a query."""
        ...
