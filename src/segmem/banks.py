"""A policy's bank, read and written with a row an object."""

from dataclasses import fields, replace

import torch
from torch import Tensor

from segmem.memory import Entry, Memory, MemoryBank, MemoryPolicy, Query
from segmem.rows import Rows


def read(bank: MemoryBank | None, policy: MemoryPolicy, frame: int, rows: Tensor) -> Memory | None:
    """What the policy recalls on a frame for some rows of a bank; None while there is no bank."""
    if bank is None:
        return None
    bank = bank if len(rows) == len(bank.frame) else bank.rows(rows)
    query = Query(key=bank.key[:, 0], frame=torch.full_like(bank.frame[:, 0], frame))
    return bank.read(query, policy.recall(query, bank).compact())


def written(
    bank: MemoryBank | None, policy: MemoryPolicy, rows: Rows, tokens: Tensor, frame: int
) -> MemoryBank:
    """The bank with `tokens` (R, L, C) of all rows; those of objects nobody knows yet are left out."""
    entry = Entry(
        tokens=tokens,
        key=tokens.new_zeros(len(tokens), 1),
        score=rows.masks.quality,
        frame=torch.full_like(rows.known, frame, dtype=torch.int64),
        pinned=rows.pinned,
    )
    bank = bank or MemoryBank.empty(policy.capacity, like=entry)
    return bank.write(entry, torch.where(rows.known, policy.slot_for(entry, bank), -1))


def some(memory: Memory, index: Tensor) -> Memory:
    """The rows of a memory that `index` names."""
    return replace(memory, **{f.name: getattr(memory, f.name)[index] for f in fields(memory)})
