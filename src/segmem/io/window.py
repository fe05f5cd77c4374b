"""Frames of a source by number, in any order, holding few at a time."""

from collections.abc import Callable, Iterator
from itertools import islice

from torch import Tensor

from segmem.core import FrameSource

BACK = 32  # frames decoded at once where they are asked for in falling order


class FrameWindow:
    """Gives frame t of a source that can only be read forward.

    Rising numbers read on; falling ones read the source again for every few frames.

    Args:
        open_at: the source from frame t on.
    """

    def __init__(self, open_at: Callable[[int], FrameSource]) -> None:
        self._open_at = open_at
        self._held: dict[int, Tensor] = {}
        self._going: Iterator[Tensor] = iter(())
        self._next = -1

    def __call__(self, t: int) -> Tensor | None:
        """(C, H, W), or None where the source has ended before."""
        if t not in self._held:
            self._held = dict(self._behind(t) if self._falling(t) else self._onward(t))
        return self._held.get(t)

    def _falling(self, t: int) -> bool:
        return bool(self._held) and t == min(self._held) - 1

    def _behind(self, t: int) -> Iterator[tuple[int, Tensor]]:
        first = max(0, t + 1 - BACK)
        self._next = -1
        return enumerate(islice(iter(self._open_at(first)), t + 1 - first), start=first)

    def _onward(self, t: int) -> Iterator[tuple[int, Tensor]]:
        if t != self._next:
            self._going = iter(self._open_at(t))
        self._next = t + 1
        return ((t, frame) for frame in islice(self._going, 1))
