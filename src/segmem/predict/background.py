"""Writing beside the model: a few threads, and never more than a few frames waiting."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from time import perf_counter
from types import TracebackType
from typing import ParamSpec, Self

P = ParamSpec("P")


class Background:
    """Runs calls in `threads` threads; in order where there is one. Leaving the context waits for all.

    Args:
        pending: calls that may wait; one more makes the caller wait.

    Attributes:
        seconds: spent in the calls.
    """

    def __init__(self, threads: int, pending: int = 8) -> None:
        self.seconds = 0.0
        self.pending = pending
        self._lock = Lock()
        self._pool = ThreadPoolExecutor(threads)
        self._waiting: deque[Future[None]] = deque()

    def submit(self, call: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Have `call` made. An error of an earlier call is raised here, or on leaving."""
        while len(self._waiting) >= self.pending:
            self._waiting.popleft().result()
        self._waiting.append(self._pool.submit(self._timed, lambda: call(*args, **kwargs)))

    def _timed(self, call: Callable[[], object]) -> None:
        start = perf_counter()
        call()
        with self._lock:
            self.seconds += perf_counter() - start

    def drain(self) -> None:
        """Wait until nothing is waiting; raise the first error met."""
        while self._waiting:
            self._waiting.popleft().result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.drain()
        finally:
            self._pool.shutdown(wait=True, cancel_futures=True)
