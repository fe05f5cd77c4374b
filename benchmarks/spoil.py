"""The same video with four bad frames in every twenty: what a network that remembers should get over."""

import numpy as np
import torch
from torch import Tensor

from segmem.data.synthetic_events import Event, Moment, apply

EVERY = 20
KINDS: dict[int, Event] = {8: "motion blur", 9: "low light", 10: "occlusion", 11: "blank"}


def is_hard(index: int) -> bool:
    """Whether frame `index` is spoilt: four in a row, after eight good ones."""
    return index % EVERY in KINDS


def spoil(frame: Tensor, index: int) -> Tensor:
    """Frame `index` (3, H, W) uint8 as it is, or spoilt by the event of its turn; always in the same way."""
    event = KINDS.get(index % EVERY)
    if event is None:
        return frame
    picture = frame.permute(1, 2, 0).numpy().astype(np.float32) / np.float32(255)
    worse = apply(picture, Moment(event, index, index + 1, force=1.0, seed=index), index)
    return torch.from_numpy((np.clip(worse, 0, 1) * 255 + 0.5).astype(np.uint8)).permute(2, 0, 1)
