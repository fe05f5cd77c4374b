"""Ctrl-C and SIGTERM as a question that training asks between two steps."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self


class Interrupt:
    """While entered, Ctrl-C and SIGTERM stop at once; after `gently`, the first one sets `asked` and the second
    stops."""

    def __init__(self) -> None:
        self.asked = False
        self._gentle = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():  # elsewhere Python allows no handlers
            for name in (signal.SIGINT, signal.SIGTERM):
                self._before[name] = signal.signal(name, self._hear)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name, handler in self._before.items():
            signal.signal(name, handler)

    def gently(self) -> None:
        """From now on there is something to save, and somebody who looks at `asked`."""
        self._gentle = True

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked or not self._gentle:
            raise KeyboardInterrupt
        self.asked = True
