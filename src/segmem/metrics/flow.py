"""Where each pixel came from: backward optical flow between consecutive frames, with what is hidden marked."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from segmem.core.errors import GeometryError

RELATIVE, ABSOLUTE = 0.01, 0.5  # of the forward-backward check, see `agree`
Picture = NDArray[np.uint8]
Step = NDArray[np.float32]


class FlowEngine(Protocol):
    """What finds the motion between two frames."""

    @property
    def name(self) -> str:
        """Engine, setting and version: what a number made with it must say."""
        ...

    def ready(self, frame: Picture) -> Any:
        """A frame (3, H, W) RGB as `step` wants it; made once, used with both neighbours."""
        ...

    def step(self, start: Any, end: Any) -> Step:
        """(H, W, 2), (dx, dy) in pixels: what is at x in `start` is at x + step(x) in `end`."""
        ...


@dataclass(frozen=True, slots=True)
class BackwardFlow:
    """From frame t to t-1.

    Attributes:
        step: (H, W, 2) float32, (dx, dy) in pixels: what was at x in frame t was at x + step(x) in frame t-1.
        valid: (H, W) bool, false where that place is outside of the frame or was hidden.
    """

    step: Step
    valid: NDArray[np.bool_]


def backward_flows(frames: Iterable[Tensor | Picture], engine: FlowEngine) -> Iterator[BackwardFlow]:
    """The flow of every frame but the first to the one before it, as they come; `list(...)` them to use them again.

    Args:
        frames: (3, H, W) uint8 RGB each, or (T, 3, H, W).
        engine: `dis.Dis()` or a `raft.Raft`.

    Raises:
        GeometryError: a frame is not (3, H, W), or the size changes.
    """
    before: tuple[tuple[int, ...], Any] | None = None
    for frame in frames:
        picture = _checked(np.asarray(frame))
        now = (picture.shape[1:], engine.ready(picture))
        if before is not None:
            if before[0] != now[0]:
                raise GeometryError(f"Optical flow: a frame is {now[0]}, the one before {before[0]}.")
            yield between(engine, before[1], now[1])
        before = now


def between(engine: FlowEngine, before: Any, now: Any) -> BackwardFlow:
    """The flow from `now` to `before`, both as `engine.ready` made them."""
    back = engine.step(now, before)
    return BackwardFlow(back, agree(back, engine.step(before, now)))


def sources(step: Step) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Nearest pixel that each pixel came from, by its place in the flattened frame, and whether it is inside.

    (H, W) each; what is outside is given the nearest place at the border.
    """
    high, wide = step.shape[:2]
    column, is_column = _whole(step[..., 0], np.arange(wide), wide)
    row, is_row = _whole(step[..., 1], np.arange(high)[:, None], high)
    row *= wide
    row += column
    return row, is_row & is_column


def _whole(
    step: NDArray[np.float32], start: NDArray[np.intp], size: int
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """start + step to the nearest whole number, halves upwards, and whether that is inside of 0..size-1."""
    place = np.floor(step + (start + 0.5).astype(np.float32))
    inside = (place >= 0) & (place < size)
    return np.clip(place, 0, size - 1, out=place).astype(np.int32), inside


def agree(back: Step, ahead: Step) -> NDArray[np.bool_]:
    """Where going back and ahead again ends near the start: (H, W) bool. What was hidden does not come back.

    |b + f|^2 < 0.01 (|b|^2 + |f|^2) + 0.5, f read at the nearest pixel to where b leads: the check of Sundaram, Brox
    and Keutzer, "Dense point trajectories by GPU-accelerated large displacement optical flow", ECCV 2010.
    """
    place, inside = sources(back)
    there = ahead.reshape(-1, 2).take(place, axis=0)
    out: NDArray[np.bool_] = inside & (
        _squared(back + there) < RELATIVE * (_squared(back) + _squared(there)) + ABSOLUTE
    )
    return out


def _squared(step: Step) -> NDArray[np.float32]:
    """(H, W) squared lengths; a sum over an axis of two is several times slower."""
    return step[..., 0] ** 2 + step[..., 1] ** 2


def _checked(frame: NDArray[Any]) -> Picture:
    if frame.ndim != 3 or frame.shape[0] != 3 or frame.dtype != np.uint8:
        raise GeometryError(f"Optical flow: frames must be (3, H, W) uint8, got {frame.shape} {frame.dtype}.")
    return frame
