"""The ways a model went through a clip: a few states of each, from which any frame of it is soon reached again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from segmem.predict.pins import Place, only
from segmem.state import State

END = 5040 * 1_000_000
"""A walk backward counts time from here down; it is whole steps of any stride up to ten from frame 0."""
STATES = 16
"""Most states kept of all walks, but for each walk's first."""
WALKS = 16
"""Most walks that are remembered."""
CLOSE = 4
"""Frames between the states of a walk that has only begun."""


@dataclass(slots=True)
class Walk:
    """One way through the frames. It counts time: rising numbers, whichever way it goes.

    Attributes:
        step: 1 forward, -1 backward.
        edition: of the prompts under which it was begun.
        kept: states before a frame, in the order of time; the first is the one it began with.
        next: time of the first frame that it did not come to.
        holes: what it tracked but is no longer taken for tracked.
        spacing: time between kept states.
    """

    step: int
    edition: int
    kept: list[State]
    next: int
    holes: set[Place] = field(default_factory=set)
    spacing: int = CLOSE

    @classmethod
    def begin(cls, step: int, edition: int, state: State) -> Self:
        """A walk that has gone nowhere yet; `state` is in its time."""
        return cls(step, edition, [state.fork()], state.frame)

    def time(self, frame: int) -> int:
        """Of a frame; its own inverse."""
        return time_of(frame, self.step)

    def covers(self, frame: int, one: int | None = None) -> bool:
        """Whether it came to the frame; and tracked object `one` there."""
        came = self.kept[0].frame <= self.time(frame) < self.next
        return came and (one is None or (one in self.kept[0].objects and (frame, one) not in self.holes))

    def reaches(self, frame: int) -> bool:
        """Whether it came to the frame, or it is the next one."""
        return self.kept[0].frame <= self.time(frame) <= self.next

    def came_to(self, next_time: int, frame: int) -> None:
        """It has tracked all objects on `frame`, and `next_time` is next."""
        self.next = max(self.next, next_time)
        self.holes = {place for place in self.holes if place[0] != frame}

    def before(self, time: int) -> State:
        """A copy of the last kept state that is not beyond `time`."""
        return next(state for state in reversed(self.kept) if state.frame <= time).fork()

    def thin(self) -> None:
        """Keep every other state."""
        self.kept = self.kept[::2]
        self.spacing *= 2


def time_of(frame: int, step: int) -> int:
    """Of a frame on a walk of that direction; its own inverse."""
    return frame if step > 0 else END - frame


def turned(state: State) -> State:
    """The same state in the time of a walk the other way."""
    return state.mirrored(END + 1)


@dataclass(slots=True)
class Trail:
    """All walks that matter, the newest last. What it holds does not grow with the clip's length."""

    walks: list[Walk] = field(default_factory=list)

    def covering(self, frame: int, one: int | None = None) -> Walk | None:
        """The newest walk that came to the frame, and tracked object `one` there."""
        return next((walk for walk in reversed(self.walks) if walk.covers(frame, one)), None)

    def begin(self, walk: Walk) -> None:
        """Walks of which nothing is left to see, and the oldest of too many, are forgotten."""
        shown = [old for place, old in enumerate(self.walks) if not _hidden(old, self.walks[place + 1 :])]
        self.walks = [*shown[1 - WALKS :], walk]

    def note(self, walk: Walk, state: State) -> None:
        """`walk` is about to see the frame that `state` waits for."""
        if state.frame >= walk.kept[-1].frame + walk.spacing:
            walk.kept.append(state.fork())
        if sum(len(one.kept) - 1 for one in self.walks) > STATES:
            max(self.walks, key=lambda one: len(one.kept)).thin()

    def unsay(self, place: Place) -> None:
        """What was tracked there is no longer taken for tracked."""
        for walk in self.walks:
            walk.holes.add(place)

    def without(self, one: int) -> None:
        """Forget an object."""
        for walk in self.walks:
            walk.kept = [
                only(state, [other for other in state.objects if other != one]) for state in walk.kept
            ]
        self.walks = [walk for walk in self.walks if walk.kept[0].objects]


def _hidden(old: Walk, newer: Sequence[Walk]) -> bool:
    """Whether nobody will ask `old` for anything: one newer walk came to all its frames with all its objects."""
    if old.kept[0].frame == old.next:
        return True
    ends = (old.time(old.kept[0].frame), old.time(old.next - 1))
    objects = old.kept[0].objects
    return any(
        all(walk.covers(frame) for frame in ends) and set(objects) <= set(walk.kept[0].objects)
        for walk in newer
    )
