"""Packets to RGB pictures: upright, in order, damaged ones left out and counted."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame

_CORRUPT = "damaged data"


class Pictures:
    """The pictures (H, W, 3) uint8 of a container's first video stream; can be iterated once.

    Attributes:
        good: pictures given so far.
        bad: packets or pictures that could not be decoded.
        why: the decoder's last complaint.
        packets: packets read so far.
        end: presentation time, in seconds from the first one, at which the last packet ends.
    """

    def __init__(self, container: "InputContainer") -> None:
        from av.video.reformatter import VideoReformatter

        self.good = self.bad = self.packets = 0
        self.why = ""
        self.end = 0.0
        self._container = container
        self._stream = container.streams.video[0]
        self._stream.thread_type = "SLICE"  # threads over frames miss damage, and not the same at each run
        self._to_rgb = VideoReformatter()  # one for all frames: it keeps its tables

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        matrix = None
        for frame in self._frames():
            if frame.is_corrupt:
                self._complain(_CORRUPT)
                continue
            if self.good == 0:  # the track's, asked once: each question keeps a frame alive for long
                matrix = display_matrix(frame)
            self.good += 1
            yield upright(self._rgb(frame), matrix)

    def _frames(self) -> Iterator["VideoFrame"]:
        from av.error import FFmpegError

        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except FFmpegError as why:
                self._complain(why.strerror)
                return
            self._count(packet)
            if packet.is_corrupt:  # cut short: a decoder would fill the rest of the picture with grey
                self._complain(_CORRUPT)
                continue
            try:
                frames = packet.decode()
            except FFmpegError as why:
                self._complain(why.strerror)
                continue
            yield from frames

    def _count(self, packet: Any) -> None:
        if not packet.size:
            return
        self.packets += 1
        if packet.pts is not None and packet.time_base:
            first = self._stream.start_time or 0
            self.end = max(self.end, float((packet.pts - first + (packet.duration or 0)) * packet.time_base))

    def _rgb(self, frame: "VideoFrame") -> NDArray[np.uint8]:
        return np.asarray(self._to_rgb.reformat(frame, format="rgb24").to_ndarray(), dtype=np.uint8)

    def _complain(self, why: str | None) -> None:
        self.bad += 1
        self.why = why or "unknown error"


def display_matrix(frame: "VideoFrame") -> tuple[int, int, int, int] | None:
    """(a, b, c, d) with x' = a x + c y and y' = b x + d y, x right, y down; None where the file has none."""
    side: Any = frame.side_data.get("DISPLAYMATRIX")
    if side is None:
        return None
    m = np.frombuffer(side, dtype=np.int32)
    return int(m[0]), int(m[1]), int(m[3]), int(m[4])


def upright(picture: NDArray[np.uint8], matrix: tuple[int, int, int, int] | None) -> NDArray[np.uint8]:
    """Turn and mirror (H, W, 3) by quarter turns as the display matrix says; other angles go to the nearest."""
    if matrix is None:
        return picture
    a, b, c, d = matrix
    turned = abs(b) > abs(a)
    if turned:
        picture = picture.transpose(1, 0, 2)
    across, down = (c, b) if turned else (a, d)
    if not (turned or across < 0 or down < 0):
        return picture
    return picture[:: -1 if down < 0 else 1, :: -1 if across < 0 else 1].copy()
