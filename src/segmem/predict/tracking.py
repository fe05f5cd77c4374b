"""What is known of a clip whose objects are tracked: its frames, what was said of them, the ways gone through it."""

from dataclasses import dataclass, field

from torch import Tensor

from segmem.core import Features
from segmem.core.errors import UsageError
from segmem.ops.fit import Fit
from segmem.predict.album import Album
from segmem.predict.pins import Pin, Place
from segmem.predict.slices import Slices
from segmem.predict.trail import Trail, Walk
from segmem.state import State

Logits = dict[int, Tensor]
"""Of each object (1, 1, h, w), on the model's grid."""


@dataclass(frozen=True, slots=True)
class Visit:
    """How a walk came to a frame, and what it said there."""

    walk: Walk
    before: State
    logits: Logits


@dataclass(slots=True)
class Tracking:
    """One clip, what was said of it and what is remembered. Owned by the caller.

    Attributes:
        album: the frames.
        fit: how they come to the model's grid.
        window: intensities that become 0 and 1.
        objects: ids, in the order in which they were first named.
        fresh: prompts that no walk has taken up yet.
        settled: prompts that walks see.
        trail: the walks.
        edition: rises when `settled` changes.
        seen: the frame that was encoded last.
        visit: the visit that was looked up last.
        slices: of a scan, where the encoder looks at neighbours on both sides.
    """

    album: Album
    fit: Fit
    window: tuple[float, float]
    objects: list[int] = field(default_factory=list)
    fresh: dict[Place, Pin] = field(default_factory=dict)
    settled: dict[Place, Pin] = field(default_factory=dict)
    trail: Trail = field(default_factory=Trail)
    edition: int = 0
    seen: tuple[int, Features] | None = None
    visit: Visit | None = None
    slices: Slices | None = None

    def pin(self, frame: int, one: int) -> Pin | None:
        """What was last said of an object on a frame."""
        return self.fresh.get((frame, one)) or self.settled.get((frame, one))

    def settle(self) -> None:
        """From now on walks see all that was said.

        Raises:
            UsageError: nothing was, of some object or of any.
        """
        if self.fresh:
            self.settled |= self.fresh
            self.fresh.clear()
            self.edition += 1
        silent = sorted(set(self.objects) - {one for _, one in self.settled})
        if silent or not self.objects:
            what = f"Object {silent[0]} has no prompt any more" if silent else "No object is prompted"
            raise UsageError(f"{what}. Add points, a box or a mask first.")

    def clear(self, frame: int, one: int) -> None:
        """Take back what was said of an object on a frame; it counts as not tracked there."""
        self.fresh.pop((frame, one), None)
        if self.settled.pop((frame, one), None) is not None:
            self.edition += 1
            self.trail.unsay((frame, one))

    def remove(self, one: int) -> None:
        """Forget an object."""
        self.objects.remove(one)
        for pins in (self.fresh, self.settled):
            for place in [place for place in pins if place[1] == one]:
                del pins[place]
        self.trail.without(one)
        self.visit = None
        self.edition += 1

    def reset(self) -> None:
        """Forget all but the clip."""
        self.objects.clear()
        self.fresh.clear()
        self.settled.clear()
        self.trail = Trail()
        self.visit = None
        self.edition += 1
