"""Progress to a person, and a person's wish to stop back to the run."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from segmem.core.errors import InterruptedRun

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Watch:
    """Counts frames; a bar on stderr where that is a terminal and `bar` is wanted, else silent.

    Attributes:
        stop: whether the run should end after the frame at hand.
    """

    def __init__(self, bar: bool = False) -> None:
        self.stop = False
        self._bar: Progress | None = _bar() if bar and sys.stderr.isatty() else None
        self._task: TaskID | None = None

    @contextmanager
    def case(self, name: str, frames: int | None, done: int = 0) -> Iterator[None]:
        """Show the frames of one case; `done` were there before."""
        if self._bar is None:
            yield
            return
        with self._bar:
            self._task = self._bar.add_task(name, total=frames, completed=done)
            try:
                yield
            finally:
                self._bar.remove_task(self._task)
                self._task = None

    def tick(self) -> None:
        """One more frame is done."""
        if self._bar is not None and self._task is not None:
            self._bar.advance(self._task)

    def tick_or_stop(self) -> None:
        """As `tick`, where what is half done cannot be continued.

        Raises:
            InterruptedRun: a stop was asked for.
        """
        self.tick()
        if self.stop:
            raise InterruptedRun(
                "Interrupted. What is whole stays; the same command with --resume continues."
            )

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Ctrl-C (or a polite kill) asks to stop after the frame at hand; a second one stops at once."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        signals = (signal.SIGINT, signal.SIGTERM)
        before = [signal.signal(which, self._asked) for which in signals]
        try:
            yield
        finally:
            for which, handler in zip(signals, before, strict=True):
                signal.signal(which, handler)

    def _asked(self, which: int, frame: FrameType | None) -> None:
        del which, frame
        if self.stop:
            raise KeyboardInterrupt
        self.stop = True


def _bar() -> "Progress":
    from segmem.predict.bar import make_bar  # rich is loaded only where a person looks

    return make_bar()
