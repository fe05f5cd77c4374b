"""Whatever a caller has as frames, as the tensors that models take."""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segmem.core import FrameSource, Geometry
from segmem.core.errors import InputError, UsageError
from segmem.io.sources import find_cases, open_case

Frame: TypeAlias = Tensor | NDArray[np.uint8]


def as_source(frames: FrameSource | Iterable[Frame] | str | Path) -> FrameSource:
    """A source as it is, the case at a path, or loose frames as a source.

    Raises:
        UsageError: the path names several cases, or a frame is not one.
        InputError: the path names nothing that can be read, or there is no frame.
    """
    if isinstance(frames, str | Path):
        return open_one(frames)
    return frames if isinstance(frames, FrameSource) else LooseFrames(frames)


def open_one(path: str | Path) -> FrameSource:
    """The one case that a path names.

    Raises:
        UsageError: it names several.
        InputError: it names nothing that can be read.
    """
    cases = find_cases(str(path))
    if len(cases) > 1:
        raise UsageError(
            f"{path} holds {len(cases)} cases; name one of them. `segmem predict` takes them all."
        )
    return open_case(cases[0])


class LooseFrames:
    """Frames from anywhere, seen once. The first is taken at once, to know the size."""

    name = "frames"
    length = None

    def __init__(self, frames: Iterable[Frame]) -> None:
        self._frames = map(as_frame, frames)
        first = next(self._frames, None)
        if first is None:
            raise InputError("There is no frame to segment.")
        self._first = first

    @property
    def geometry(self) -> Geometry:
        """Of a video without a rate, whatever the frames are of."""
        return Geometry("video", (self._first.shape[-2], self._first.shape[-1]))

    def __iter__(self) -> Iterator[Tensor]:
        return chain((self._first,), self._frames)


def as_frame(frame: Frame) -> Tensor:
    """(C, H, W) with C 1 or 3, of a tensor that is so already or an array (H, W, 3) or (H, W).

    Raises:
        UsageError: it is neither, or an array whose numbers are not bytes.
    """
    if isinstance(frame, np.ndarray):
        if frame.dtype != np.uint8 or frame.ndim not in {2, 3}:
            raise UsageError(
                f"A frame is an array of {frame.dtype} {frame.shape}; expected uint8 (rows, columns, 3) or"
                " (rows, columns). Anything else goes in as a tensor (channels, rows, columns)."
            )
        return torch.from_numpy(np.atleast_3d(frame)).permute(2, 0, 1)
    if frame.ndim != 3 or frame.shape[0] not in {1, 3}:
        raise UsageError(
            f"A frame is a tensor {tuple(frame.shape)}; expected (channels, rows, columns) with 1 or 3 channels."
        )
    return frame
