"""Where each pixel came from: backward optical flow between consecutive frames, with what is hidden marked.

Flow engine: DIS, Dense Inverse Search (Kroeger et al., ECCV 2016), OpenCV's "medium" preset, of the extra `[eval]`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from segmem.core.errors import GeometryError, MissingExtraError

ENGINE = "DIS medium"
RELATIVE, ABSOLUTE = 0.01, 0.5  # of the forward-backward check, see `agree`


@dataclass(frozen=True, slots=True)
class BackwardFlow:
    """From frame t to t-1.

    Attributes:
        step: (H, W, 2) float32, (dx, dy) in pixels: what is at x in frame t was at x + step(x) in frame t-1.
        valid: (H, W) bool, false where that place is outside of the frame or was hidden.
    """

    step: NDArray[np.float32]
    valid: NDArray[np.bool_]


def backward_flows(frames: Iterable[Tensor | NDArray[np.uint8]]) -> Iterator[BackwardFlow]:
    """The flow of every frame but the first to the one before it, as they come; `list(...)` them to use them again.

    Args:
        frames: (3, H, W) uint8 RGB each, or (T, 3, H, W).

    Raises:
        MissingExtraError: OpenCV is not installed.
        GeometryError: a frame is not (3, H, W), or the size changes.
    """
    engine = _engine()
    before: NDArray[np.uint8] | None = None
    for frame in frames:
        now = _grey(np.asarray(frame))
        if before is not None:
            if before.shape != now.shape:
                raise GeometryError(f"Optical flow: a frame is {now.shape}, the one before {before.shape}.")
            yield between(engine, before, now)
        before = now


def between(engine: Any, before: NDArray[np.uint8], now: NDArray[np.uint8]) -> BackwardFlow:
    """Flow from `now` to `before`, grey (H, W) each, by an engine with `calc(from, to, None)`."""
    back = np.asarray(engine.calc(now, before, None), dtype=np.float32)
    ahead = np.asarray(engine.calc(before, now, None), dtype=np.float32)
    return BackwardFlow(back, agree(back, ahead))


def sources(step: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.bool_]]:
    """Nearest pixel (row, column) that each pixel came from, clipped, and whether it is inside; (H, W) each."""
    high, wide = step.shape[:2]
    column = np.floor(np.arange(wide) + step[..., 0] + 0.5).astype(np.intp)
    row = np.floor(np.arange(high)[:, None] + step[..., 1] + 0.5).astype(np.intp)
    inside = (row >= 0) & (row < high) & (column >= 0) & (column < wide)
    return row.clip(0, high - 1), column.clip(0, wide - 1), inside


def agree(back: NDArray[np.float32], ahead: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where going back and ahead again ends near the start: (H, W) bool. What was hidden does not come back.

    |b + f|^2 < 0.01 (|b|^2 + |f|^2) + 0.5, f read at the nearest pixel to where b leads: the check of Sundaram, Brox
    and Keutzer, "Dense point trajectories by GPU-accelerated large displacement optical flow", ECCV 2010.
    """
    row, column, inside = sources(back)
    there = ahead[row, column]
    gap = ((back + there) ** 2).sum(axis=2)
    size = (back**2).sum(axis=2) + (there**2).sum(axis=2)
    out: NDArray[np.bool_] = inside & (gap < RELATIVE * size + ABSOLUTE)
    return out


def _engine() -> Any:
    try:
        cv2: Any = import_module("cv2")
    except ImportError as error:
        raise MissingExtraError(
            "Temporal consistency needs optical flow from OpenCV, which is not installed: pip install 'segmem[eval]'."
        ) from error
    return cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)


def _grey(frame: NDArray[Any]) -> NDArray[np.uint8]:
    """(3, H, W) RGB to (H, W), BT.601 luma in whole numbers."""
    if frame.ndim != 3 or frame.shape[0] != 3 or frame.dtype != np.uint8:
        raise GeometryError(f"Optical flow: frames must be (3, H, W) uint8, got {frame.shape} {frame.dtype}.")
    wide = frame.astype(np.uint32)
    luma = (77 * wide[0] + 150 * wide[1] + 29 * wide[2] + 128) >> 8
    return np.ascontiguousarray(luma.astype(np.uint8))
