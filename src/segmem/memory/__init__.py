"""What a stream remembers (bank) and the rules for it (policies)."""

from segmem.memory.bank import Entry, Memory, MemoryBank, Query, Recall
from segmem.memory.fifo import Fifo
from segmem.memory.policy import MemoryPolicy
from segmem.memory.support import Support

__all__ = ["Entry", "Fifo", "Memory", "MemoryBank", "MemoryPolicy", "Query", "Recall", "Support"]
