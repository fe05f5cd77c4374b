"""A camera or network stream: the newest picture, again after a stall, until the reader stops asking."""

from collections.abc import Callable, Iterator
from threading import Condition, Event, Thread
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from segmem.core import Geometry
from segmem.core.errors import SurroundingsError
from segmem.io.decode import Pictures

if TYPE_CHECKING:
    from av.container import InputContainer

Picture = NDArray[np.uint8]
Open = Callable[[], "InputContainer"]
STALL_S = 5.0  # without data: the connection is closed and opened anew
PATIENCE_S = 30.0  # without a picture: the stream has ended
PAUSE_S = (0.2, 0.5, 1.0, 2.0)  # before each further try to connect; the last one again and again
TWIST = 0.02  # by which the sides' ratio may change


class Live:
    """Frames (3, H, W) uint8 RGB as they come.

    - **Slow reader.** One picture waits; a newer one takes its place, so that what is seen is the present. Of a stream
      that tells its length, as a file behind a web address does, none is left out.
    - **Stall.** After 5 s without data the connection is opened anew; tries go on, ever further apart, until 30 s have
      passed without a picture. Then the stream ends, and `damage` says so.
    - **Memory** goes on over a gap, as it does over a cut: what is too old leaves it frame by frame.
    - **Size.** Pictures of another size and the same shape are scaled to the first one's. Another shape ends the
      stream, and `damage` says so.

    Args:
        name: told in messages.
        connect: opens the stream; raises what PyAV raises.
        patience: seconds without a picture that end the stream.

    Attributes:
        dropped: pictures that were left out since a newer one came.
        reconnected: how often the stream was opened again.
        damage: why it ended by itself; None for a whole one.

    Raises:
        SurroundingsError: it cannot be opened.
    """

    length: int | None = None

    def __init__(self, name: str, connect: Open, patience: float = PATIENCE_S) -> None:
        self.name, self.patience = name, patience
        self.dropped = self.reconnected = 0
        self.damage: str | None = None
        self._connect = connect
        self._first: Picture | None = None
        try:
            self._container: InputContainer | None = connect()
        except (OSError, ValueError) as why:  # PyAV's errors are both
            raise SurroundingsError(
                f"{name} cannot be opened ({getattr(why, 'strerror', None) or why})."
                " Connect it, check the address, or name a video file."
            ) from None
        if not self._container.streams.video:
            raise SurroundingsError(
                f"{name} has no pictures, only {len(self._container.streams)} other tracks."
            )
        self._pictures = iter(Pictures(self._container))
        stream, duration = self._container.streams.video[0], self._container.duration
        self._rate = float(stream.average_rate) if stream.average_rate else None
        self._whole = duration is not None and duration > 0

    @property
    def geometry(self) -> Geometry:
        """Of the first picture.

        Raises:
            SurroundingsError: there is none.
        """
        if self._first is None:
            self._first = next(self._pictures, None)
        if self._first is None:
            raise SurroundingsError(f"{self.name} gives no picture. Is it used by another program?")
        return Geometry("video", (self._first.shape[0], self._first.shape[1]), fps=self._rate)

    def __iter__(self) -> Iterator[Tensor]:
        size = self.geometry.size
        assert self._first is not None  # noqa: S101  geometry read it
        yield _tensor(self._first)
        slot = _Slot(keep_all=self._whole)
        reader = Thread(target=self._read, args=(slot,), name=f"live {self.name}", daemon=True)
        reader.start()
        number = 1
        try:
            while (picture := slot.take()) is not None:
                frame = self._fitted(_tensor(picture), size, number)
                if frame is None:
                    return
                yield frame
                number += 1
        finally:
            slot.stop.set()
            self.dropped = slot.dropped

    def _fitted(self, frame: Tensor, size: tuple[int, int], number: int) -> Tensor | None:
        (h, w), (rows, columns) = frame.shape[-2:], size
        if (h, w) == (rows, columns):
            return frame
        if abs(h * columns / (w * rows) - 1) > TWIST:
            self.damage = (
                f"picture {number} is {w} x {h}, of another shape than the first one's {columns} x {rows};"
                " the stream was ended there"
            )
            return None
        scaled = F.interpolate(
            frame[None].float(), size, mode="bilinear", align_corners=False, antialias=True
        )
        return scaled[0].round().clamp(0, 255).to(torch.uint8)

    def _read(self, slot: "_Slot") -> None:
        """Fill the slot, in a thread of its own."""
        tries, last = 0, monotonic()
        while not slot.stop.is_set():
            for picture in self._pictures:
                slot.put(picture)
                tries, last = 0, monotonic()
                if slot.stop.is_set():
                    break
            self._close()
            if self._whole or slot.stop.is_set():
                break
            if monotonic() - last > self.patience:
                self.damage = f"no picture for {self.patience:g} s, after which the stream was given up"
                break
            slot.stop.wait(PAUSE_S[min(tries, len(PAUSE_S) - 1)])
            tries += 1
            self._again()
        slot.end()

    def _again(self) -> None:
        try:
            self._container = self._connect()
            self._pictures = iter(Pictures(self._container))
            self.reconnected += 1
        except (OSError, ValueError, IndexError):
            self._pictures = iter(())

    def _close(self) -> None:
        if self._container is not None:
            self._container.close()
            self._container = None


class _Slot:
    """Where the reader leaves a picture for whoever asks.

    Args:
        keep_all: wait until a picture is taken before the next takes its place.
    """

    def __init__(self, keep_all: bool) -> None:
        self.stop, self.dropped = Event(), 0
        self._keep_all, self._ended = keep_all, False
        self._picture: Picture | None = None
        self._changed = Condition()

    def put(self, picture: Picture) -> None:
        with self._changed:
            while self._keep_all and self._picture is not None and not self.stop.is_set():
                self._changed.wait(0.1)
            self.dropped += self._picture is not None
            self._picture = picture
            self._changed.notify_all()

    def end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def take(self) -> Picture | None:
        """The newest picture, once; None where there will be none."""
        with self._changed:
            while self._picture is None and not self._ended:
                self._changed.wait(0.5)
            picture, self._picture = self._picture, None
            self._changed.notify_all()
            return picture


def _tensor(picture: Picture) -> Tensor:
    return torch.from_numpy(picture).permute(2, 0, 1)
