"""Hard stretches made from a video that is labelled throughout: blurred, dark, covered, left and re-entered, half seen.

Of every 20 frames, 6 are hard and scored, after 8 clear ones. What leaves the picture takes its labels with it.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segmem.data.synthetic_events import Event, Moment, apply
from segmem.ops.pan import pan
from segmem.ops.turn import way_out

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
        inside = torch.from_numpy(truth[min(first + BEGIN, len(truth) - 1)] > 0)
        if not bool(inside.any()):
            continue
        axis, sign, extent = way_out(inside)
        for index in range(first + BEGIN, min(first + END, len(frames))):
            share = np.sin(np.pi * (index - first - BEGIN + 0.5) / (END - BEGIN))
            shift = sign * round(float(reach * extent * share))
            out[index], drawn = pan(frames[index], torch.from_numpy(truth[index]), shift, axis - 2)
            labels[index] = drawn.numpy()
    return out, labels
