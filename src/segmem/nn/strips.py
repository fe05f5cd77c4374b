"""A wide map a few rows at a time, so that what is made on the way stays in a processor's cache."""

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

import torch
from torch import Tensor

STRIP_BYTES = 2 << 20
"""How much of a widened map is held at once on a CPU: more than its cache would wait for memory at each step."""


def rows_at_once(x: Tensor, channels: int) -> int:
    """Rows of (B, h, w, C) to widen to `channels` at once: all of them, unless it is a CPU that works."""
    if x.device.type != "cpu":
        return x.shape[1]
    return max(1, STRIP_BYTES // (4 * x.shape[0] * x.shape[2] * channels))


def strips(height: int, rows: int) -> Iterator[tuple[int, int]]:
    """0..height in parts of `rows`: first row, and the row after the last."""
    return pairwise([*range(0, height, rows), height])


def joined(parts: Iterable[Tensor], height: int) -> Tensor:
    """Strips (B, rows, w, C), each made when it is asked for, one below the other."""
    if torch.is_grad_enabled():
        return torch.cat(list(parts), 1)
    out, row = None, 0
    for part in parts:  # copied at once, while the cache still holds it
        if out is None:
            if part.shape[1] == height:
                return part
            out = part.new_empty(part.shape[0], height, *part.shape[2:])
        out[:, row : row + part.shape[1]] = part
        row += part.shape[1]
    assert out is not None  # noqa: S101  no image is without rows
    return out


def by_strips(work: Callable[[Tensor], Tensor], x: Tensor, rows: int) -> Tensor:
    """`work(x)`, on `rows` rows of (B, h, w, C) after the others; for a work that never looks beyond them."""
    return joined((work(x[:, top:end]) for top, end in strips(x.shape[1], rows)), x.shape[1])
