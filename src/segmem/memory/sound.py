"""What may be remembered of a frame: numbers. NaN or infinity would stay in all that comes after."""

from dataclasses import fields, replace
from typing import TypeVar

import torch
from torch import Tensor

from segmem.memory.class_sums import ClassSums
from segmem.memory.last_answer import LastAnswer
from segmem.ops.beside import beside

Kept = TypeVar("Kept", ClassSums, LastAnswer)


def sound(x: Tensor) -> Tensor:
    """(B,) bool, which rows of (B, ...) hold neither NaN nor infinity."""
    return x.isfinite().flatten(1).all(dim=1)


def sound_rows(new: Kept | None, old: Kept | None, rows: Tensor) -> Kept | None:
    """`new` in the rows that are True of (B,), `old` in the others; None where these have no old one."""
    if new is None or bool(rows.all()):
        return new
    if old is None:
        return None

    def merged(name: str) -> Tensor:
        one: Tensor = getattr(new, name)
        return torch.where(beside(rows, one), one, getattr(old, name))

    return replace(new, **{f.name: merged(f.name) for f in fields(new)})
