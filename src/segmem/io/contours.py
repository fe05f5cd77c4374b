"""Outlines of a mask along the edges of its pixels, and back: nothing is lost on the way."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Loop = NDArray[np.float64]
"""(N, 2) corners as (row, column), pixel centres being whole numbers; closed, the first is not repeated."""
_Corner = tuple[int, int]


def outlines(mask: NDArray[np.bool_]) -> list[Loop]:
    """A loop around each 4-connected piece of a mask (H, W), on the edges of its pixels.

    A hole is part of its piece's loop, reached by a channel of no width, as outlines without holes are read by all.
    The channel runs along edges of pixels, so it crosses the centre of none.
    """
    if not mask.any():
        return []
    pieces, _ = ndimage.label(mask)
    found = []
    for number, box in enumerate(ndimage.find_objects(pieces), start=1):
        loops = [_straight(loop) for loop in _loops(pieces[box] == number)]
        loops.sort(key=lambda loop: -abs(_area(loop)))  # the outer one is the largest
        start = (box[0].start, box[1].start)
        found.append(np.array(_joined(loops), dtype=np.float64) + start - 0.5)
    return found


def filled(loops: Sequence[Loop], size: tuple[int, int]) -> NDArray[np.bool_]:
    """(H, W) the pixels whose centre is inside an odd number of loops."""
    turns = np.zeros((size[0], size[1] + 1), bool)
    for loop in loops:
        for (row, column), (next_row, next_column) in zip(loop, np.roll(loop, -1, axis=0), strict=True):
            low, high = sorted((row, next_row))
            rows = np.arange(max(0, int(np.ceil(low))), min(size[0], int(np.ceil(high))))
            if not rows.size:
                continue
            at = column + (rows - row) * (next_column - column) / (next_row - row)
            first = np.clip(np.ceil(at), 0, size[1]).astype(int)
            turns[rows, first] ^= True
    return np.asarray(np.logical_xor.accumulate(turns, axis=1)[:, :-1])


def _loops(piece: NDArray[np.bool_]) -> Iterator[list[_Corner]]:
    """Closed walks along the edges between inside and outside, the inside on the right hand."""
    ways = _edges(piece)
    while ways:
        start = next(iter(ways))
        at, before, loop = start, None, []
        while True:
            loop.append(at)
            onward = ways[at]
            after = onward[0] if len(onward) == 1 else _right(before, at, onward)
            onward.remove(after)
            if not onward:
                del ways[at]
            before, at = at, after
            if at == start:
                break
        yield loop


def _edges(piece: NDArray[np.bool_]) -> dict[_Corner, list[_Corner]]:
    """From each corner to the next ones; corner (r, c) is the upper left one of pixel (r, c)."""
    wide = np.pad(piece, 1)
    ways: dict[_Corner, list[_Corner]] = defaultdict(list)
    steps = (
        ((-1, 0), (0, 0), (0, 1)),
        ((0, 1), (0, 1), (1, 1)),
        ((1, 0), (1, 1), (1, 0)),
        ((0, -1), (1, 0), (0, 0)),
    )
    for (down, across), begin, end in steps:
        beside = np.roll(wide, (-down, -across), axis=(0, 1))
        for row, column in (np.argwhere(wide & ~beside) - 1).tolist():
            ways[row + begin[0], column + begin[1]].append((row + end[0], column + end[1]))
    return ways


def _right(before: _Corner | None, at: _Corner, onward: list[_Corner]) -> _Corner:
    """Where two pixels touch at a corner only: turn right, around the pixel that the walk came along."""
    if before is None:
        return onward[0]
    down, across = at[0] - before[0], at[1] - before[1]
    wanted = (at[0] + across, at[1] - down)
    return wanted if wanted in onward else onward[0]


def _straight(loop: list[_Corner]) -> list[_Corner]:
    """Without corners between two that lie on one line."""
    around = [(loop[i - 1], loop[i], loop[(i + 1) % len(loop)]) for i in range(len(loop))]
    return [
        here
        for before, here, after in around
        if (here[0] - before[0]) * (after[1] - here[1]) != (here[1] - before[1]) * (after[0] - here[0])
    ]


def _area(loop: list[_Corner]) -> int:
    """Twice the area, signed."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(loop, [*loop[1:], loop[0]], strict=True))


def _joined(loops: list[list[_Corner]]) -> list[_Corner]:
    """One walk: around the piece, and from its first corner around each hole and back the same way."""
    outer, *holes = loops
    home = outer[0]
    walk = [*outer, home] if holes else list(outer)
    for hole in holes:
        bend = (home[0], hole[0][1])
        walk += [bend, *hole, hole[0], bend, home]
    return walk[:-1] if holes else walk
