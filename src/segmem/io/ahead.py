"""Run an iterable in a thread, a few items ahead of whoever consumes it."""

from collections.abc import Iterable, Iterator
from queue import Empty, Queue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")
_PATIENCE_S = 5.0  # for a source that does not answer, such as a camera that hangs


class _End:
    """Put last: why the iterable stopped."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def ahead(iterable: Iterable[T], depth: int = 8) -> Iterator[T]:
    """The items of `iterable`, made in a thread; at most `depth` + 1 wait at any time.

    The thread starts with the first item asked for. It ends when the items do, when the iterable raises
    (the consumer gets the error), or when the consumer leaves early and this iterator is closed or dropped.
    """
    ready: Queue[T | _End] = Queue(maxsize=depth)
    stop = Event()
    thread = Thread(target=_produce, args=(iterable, ready, stop), name="ahead", daemon=True)
    thread.start()
    try:
        while True:
            item = ready.get()
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            yield item
    finally:
        stop.set()
        _release(thread, ready)


def _produce(iterable: Iterable[T], ready: "Queue[T | _End]", stop: Event) -> None:
    error: BaseException | None = None
    items = iter(())  # type: Iterator[T]
    try:
        items = iter(iterable)
        for item in items:
            ready.put(item)
            if stop.is_set():
                break
        close = getattr(items, "close", None)
        if close is not None:  # a reader left early gives its file back here, in its own thread
            close()
    except BaseException as caught:
        error = caught
    ready.put(_End(error))


def _release(thread: Thread, ready: "Queue[T | _End]") -> None:
    """Make room until the producer, which may wait for it, sees that it should stop."""
    waited, step = 0.0, 0.02
    while thread.is_alive() and waited < _PATIENCE_S:
        try:
            while True:
                ready.get_nowait()
        except Empty:
            thread.join(step)
            waited += step
