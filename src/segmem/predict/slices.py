"""Features of a scan's slices where the encoder looks at both neighbours: encoded a part of the scan at a time."""

from collections.abc import Callable

from torch import Tensor, nn

from segmem.core import Features
from segmem.nn.temporal_adapter import TemporalAdapter
from segmem.prompted import PromptedSegmenter
from segmem.state import Segmenter

PART = 16  # slices of which the features are held

EncodeClip = Callable[[Tensor], list[Features]]


class Slices:
    """The slices of one scan. Those of one part are held, so memory does not grow with the scan.

    A part is encoded with as many slices on both sides as adapters can pass on, so each slice is as in the whole.

    Args:
        encode: features of each of some slices (T, C, H, W), in order.
        scan: all slices (T, C, H, W).
        margin: adapters that slices pass; each one looks a slice further.
        part: how many are held.
    """

    def __init__(self, encode: EncodeClip, scan: Tensor, margin: int, part: int = PART) -> None:
        self.encode = encode
        self.scan = scan
        self.margin = margin
        self.part = part
        self._held: dict[int, Features] = {}

    def at(self, index: int) -> Features:
        """Of one slice."""
        if index not in self._held:
            first = index // self.part * self.part
            begin, end = max(0, first - self.margin), min(len(self.scan), first + self.part + self.margin)
            each = self.encode(self.scan[begin:end])
            mine = range(first, min(first + self.part, len(self.scan)))
            self._held = {place: each[place - begin] for place in mine}
        return self._held[index]


def looks_both_ways(model: Segmenter) -> bool:
    """Whether a slice is encoded with those on both sides of it."""
    return (
        isinstance(model, PromptedSegmenter)
        and model.temporal is not None
        and model.temporal.time == "symmetric"
    )


def adapters(model: nn.Module) -> int:
    """How many adapters a slice passes."""
    return sum(isinstance(part, TemporalAdapter) for part in model.modules())
