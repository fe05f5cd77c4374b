"""When a stream is lost: its confidence has been low for a while and has not recovered."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

BELOW, ABOVE, AFTER = 0.5, 0.6, 3


@dataclass(frozen=True, slots=True)
class Lost:
    """Where a stream stands; `seen` gives the next.

    One bad frame is no loss, and one good one no recovery by a hair: it is lost at the third frame in a row below 0.5,
    and found again at the first of 0.6 or more.

    Attributes:
        lost: now.
        low: frames in a row below the limit so far.
    """

    lost: bool = False
    low: int = 0

    def seen(self, confidence: float) -> "Lost":
        """After a frame of that confidence, 0 to 1; NaN tells nothing."""
        if self.lost:
            return Lost() if confidence >= ABOVE else self
        if confidence >= BELOW:
            return Lost()
        low = self.low + (confidence < BELOW)
        return replace(self, low=low, lost=low >= AFTER)


def lost_frames(confidence: Iterable[float]) -> list[bool]:
    """Of each frame, whether the stream was lost after it."""
    state, out = Lost(), []
    for one in confidence:
        state = state.seen(one)
        out.append(state.lost)
    return out
