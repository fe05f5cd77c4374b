"""A video file as a stream of frames, decoded as they are asked for. Nothing is kept."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from segmem.core import Geometry
from segmem.core.errors import FormatError, GeometryError
from segmem.io.decode import Pictures
from segmem.io.formats import case_name
from segmem.io.sniff import is_text, not_a, require_file

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the container's header says."""

    frames: int | None
    seconds: float | None
    fps: float | None
    alone: bool  # no other stream could be what makes the container last longer


class VideoFile:
    """Frames (3, H, W) uint8 RGB in the order of presentation, rotated as the file asks.

    Each iteration decodes from the beginning again. Only the geometry looks at one frame before.

    Attributes:
        name: of the case.
        length: frames to expect from `start` on, None if the file does not say.
        length_is_estimate: the length is duration times rate, not a count.
        fps: mean frames a second, None if the file does not say.
        damage: after an iteration, what was wrong and how many frames were good; None if nothing was.

    Raises:
        InputError: the file is missing or may not be read.
        FormatError: it is not a video, or none of its frames can be decoded.
    """

    def __init__(self, path: Path, name: str | None = None, start: int = 0) -> None:
        require_file(path, "a video")
        if is_text(path):  # before FFmpeg: a playlist is text too, and would name other files
            raise not_a(path, "a video")
        self.path = path
        self.name = case_name(path) if name is None else name
        self.start = start
        self.damage: str | None = None
        with self._open() as container:
            self._facts = _facts(container)

    @property
    def fps(self) -> float | None:
        return self._facts.fps

    @property
    def length_is_estimate(self) -> bool:
        return self._facts.frames is None and self.length is not None

    @property
    def length(self) -> int | None:
        count, seconds, fps = self._facts.frames, self._facts.seconds, self._facts.fps
        if count is None and seconds and fps:
            count = round(seconds * fps)
        return None if count is None else max(0, count - self.start)

    @cached_property
    def geometry(self) -> Geometry:
        """Of the first frame that can be decoded."""
        with self._open() as container:
            for picture in Pictures(container):
                return Geometry("video", (picture.shape[0], picture.shape[1]), fps=self.fps)
        raise FormatError(f"{self.path} holds no frame that can be decoded. Is the file whole?")

    def __iter__(self) -> Iterator[Tensor]:
        self.damage = None
        size = self.geometry.size
        with self._open() as container:
            pictures = Pictures(container)
            for index, picture in enumerate(islice(pictures, self.start, None), start=self.start):
                _require_size(self.path, index, picture, size)
                yield torch.from_numpy(picture).permute(2, 0, 1)
            self.damage = self._verdict(pictures)

    def _open(self) -> "InputContainer":
        import av

        try:
            container = av.open(f"file:{self.path}", options={"protocol_whitelist": "file"})
        except av.error.FFmpegError as why:
            raise not_a(self.path, "a video", why.strerror) from None
        if not container.streams.video:
            container.close()
            raise FormatError(f"{self.path} has no pictures, only {_streams(container)}. Name a video file.")
        return container

    def _verdict(self, pictures: Pictures) -> str | None:
        facts = self._facts
        good = f"{pictures.good} of {facts.frames}" if facts.frames else f"{pictures.good}"
        reasons = []
        if pictures.bad:
            reasons.append(f"{pictures.bad} could not be decoded ({pictures.why})")
        if _ends_early(facts, pictures):
            reasons.append("the file ends before its header says")
        if not reasons:
            return None
        return f"{self.path.name} is damaged: {good} frames are good; {'; '.join(reasons)}."


def _facts(container: "InputContainer") -> _Facts:
    stream: VideoStream = container.streams.video[0]
    rate = stream.average_rate or stream.guessed_rate
    seconds = None
    if stream.duration and stream.time_base:
        seconds = float(stream.duration * stream.time_base)
    elif container.duration:
        seconds = container.duration / 1_000_000
    return _Facts(
        frames=stream.frames or None,
        seconds=seconds,
        fps=float(rate) if rate else None,
        alone=bool(stream.duration) or len(container.streams) == 1,
    )


def _ends_early(facts: _Facts, pictures: Pictures) -> bool:
    """Both count and time must fall short: an edit list or a dropped frame alone is not damage."""
    if facts.frames and pictures.packets >= facts.frames:
        return False
    if facts.seconds is None or not facts.alone:
        return bool(facts.frames)
    slack = (1.5 if facts.frames else 12) / (facts.fps or 25.0)
    return pictures.end < facts.seconds - slack


def _require_size(path: Path, index: int, picture: np.ndarray, size: tuple[int, int]) -> None:
    if picture.shape[:2] != size:
        raise GeometryError(
            f"{path.name}: frame {index} is {picture.shape[1]} x {picture.shape[0]} pixels, the first one was"
            f" {size[1]} x {size[0]}. Split the video where the size changes."
        )


def _streams(container: "InputContainer") -> str:
    return ", ".join(sorted({str(stream.type) for stream in container.streams})) or "nothing"
