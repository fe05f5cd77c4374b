"""What a frame gives for each object of each stream: tensors of which the first axis counts the rows."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor

from segmem.nn.promptable import ObjectMasks


@dataclass(frozen=True, slots=True)
class Rows:
    """All that `step` needs to answer and to remember."""

    masks: ObjectMasks
    pointer: Tensor  # R C
    tokens: Tensor  # R L Cm
    pinned: Tensor  # R bool, a person prompted it
    known: Tensor  # R bool, prompted or remembered


InRows = TypeVar("InRows", Rows, ObjectMasks)


def taken(rows: InRows, places: Sequence[int]) -> InRows:
    """The rows in these places."""
    return _each([rows], lambda tensors: tensors[0][list(places)])


def ordered(parts: Sequence[InRows], order: Tensor) -> InRows:
    """The rows of all `parts`, one after the other, of which number i belongs in place `order[i]`."""
    back = order.argsort()
    return _each(parts, lambda tensors: torch.cat(list(tensors))[back.to(tensors[0].device)])


class _Join(Protocol):
    def __call__(self, tensors: Sequence[Tensor], /) -> Tensor: ...


def _each(parts: Sequence[InRows], join: _Join) -> InRows:
    """Join each tensor of the parts, however deep it lies."""
    values: dict[str, Any] = {}
    for f in fields(parts[0]):
        found = [getattr(part, f.name) for part in parts]
        if found[0] is not None:
            values[f.name] = join(found) if isinstance(found[0], Tensor) else _each(found, join)
    return replace(parts[0], **values)
