"""Hard stretches made from a video that is labelled throughout: blurred, dark, covered, left and re-entered, half seen.

Of every 20 frames, 6 are hard and scored, after 8 clear ones. What leaves the picture takes its labels with it.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segmem.data.synthetic_events import Event, Moment, apply

EVERY, BEGIN, END = 20, 8, 14
EVENTS: dict[str, Event] = {
    "motion blur": "motion blur",
    "low light": "low light",
    "passing object": "occlusion",
}
MOVES = {"re-entry": 1.05, "partial view": 0.5}  # how far the instruments are moved out, of their extent
BACK = 4  # frames of a re-entry, after the instruments were gone
SUBSETS = (*EVENTS, *MOVES)


@dataclass(frozen=True, slots=True)
class HardClip:
    """One video with hard stretches.

    Attributes:
        frames: (T, 3, H, W) uint8, as a network sees them.
        clear: the same before they were blurred, darkened or covered: where motion is measured.
        truth: (T, H, W) uint8.
        scored: (T,) the hard frames.
    """

    frames: Tensor
    clear: Tensor
    truth: NDArray[np.uint8]
    scored: NDArray[np.bool_]


def hard_clip(subset: str, frames: Tensor, truth: NDArray[np.uint8]) -> HardClip:
    """One of `SUBSETS`, of frames (T, 3, H, W) and label maps (T, H, W)."""
    place = np.arange(len(frames)) % EVERY
    scored = (place >= BEGIN) & (place < END)
    if subset in EVENTS:
        return HardClip(_spoilt(frames, EVENTS[subset], scored), frames, truth, scored)
    moved, labels = _moved(frames, truth, MOVES[subset])
    if subset == "re-entry":
        scored = (place >= END - BACK) & (place < END)
    return HardClip(moved, moved, labels, scored)


def _spoilt(frames: Tensor, event: Event, hard: NDArray[np.bool_]) -> Tensor:
    out = frames.clone()
    for index in np.flatnonzero(hard):
        first = index - index % EVERY + BEGIN
        seed = first if event == "occlusion" else index  # one object passes; blur is drawn anew
        moment = Moment(event, first, first + END - BEGIN, force=1.0, seed=int(seed))
        picture = frames[index].permute(1, 2, 0).numpy().astype(np.float32) / np.float32(255)
        worse = apply(picture, moment, int(index))
        out[index] = torch.from_numpy((np.clip(worse, 0, 1) * 255 + 0.5).astype(np.uint8)).permute(2, 0, 1)
    return out


def _moved(frames: Tensor, truth: NDArray[np.uint8], reach: float) -> tuple[Tensor, NDArray[np.uint8]]:
    """The camera turns away from the instruments and back, towards the side they do not come from."""
    out, labels = frames.clone(), truth.copy()
    for first in range(0, len(frames), EVERY):
        axis, sign, extent = _way_out(truth[min(first + BEGIN, len(truth) - 1)])
        for index in range(first + BEGIN, min(first + END, len(frames))):
            share = np.sin(np.pi * (index - first - BEGIN + 0.5) / (END - BEGIN))
            shift = sign * round(float(reach * extent * share))
            out[index] = torch.from_numpy(_shifted(frames[index].numpy(), shift, axis + 1, "edge"))
            labels[index] = _shifted(truth[index], shift, axis, "constant")
    return out, labels


def _way_out(labels: NDArray[np.uint8]) -> tuple[int, int, int]:
    """(axis, direction, pixels) by which what is labelled leaves through the side that it touches most."""
    inside = labels > 0
    height, width = inside.shape
    touches = {
        (0, -1): inside[0].sum(),
        (0, 1): inside[-1].sum(),
        (1, -1): inside[:, 0].sum(),
        (1, 1): inside[:, -1].sum(),
    }
    axis, sign = max(touches, key=lambda side: int(touches[side]))
    lines = np.flatnonzero(inside.any(axis=1 - axis))
    if not len(lines):
        return axis, sign, 0
    size = height if axis == 0 else width
    return axis, sign, int(lines[-1] + 1) if sign < 0 else int(size - lines[0])


def _shifted(picture: NDArray[np.uint8], shift: int, axis: int, mode: str) -> NDArray[np.uint8]:
    """Moved by `shift` pixels along an axis; what comes in is the last line again, or nothing."""
    size = picture.shape[axis]
    shift = max(-size + 1, min(size - 1, shift))
    pad = [(0, 0)] * picture.ndim
    pad[axis] = (max(shift, 0), max(-shift, 0))
    wide = np.pad(picture, pad, mode=mode)  # type: ignore[call-overload]
    return np.take(wide, range(max(-shift, 0), max(-shift, 0) + size), axis=axis)
