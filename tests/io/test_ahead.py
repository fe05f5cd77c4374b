import threading
import time
from collections.abc import Iterator

import pytest

from segmem.io.ahead import ahead


def running() -> int:
    return sum(thread.name == "ahead" for thread in threading.enumerate())


def test_items_come_in_order_and_the_thread_ends() -> None:
    assert list(ahead(range(100), depth=3)) == list(range(100))
    assert running() == 0


def test_an_error_reaches_the_consumer_after_the_items_before_it() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("bad frame")

    stream = ahead(broken())
    assert next(stream) == 1
    with pytest.raises(ValueError, match="bad frame"):
        next(stream)
    assert running() == 0


def test_the_producer_is_never_more_than_depth_and_one_ahead() -> None:
    made: list[int] = []

    def counted() -> Iterator[int]:
        for index in range(50):
            made.append(index)
            yield index

    stream = ahead(counted(), depth=4)
    for taken in (1, 2, 3):
        next(stream)
        until = time.monotonic() + 5
        while len(made) < taken + 5 and time.monotonic() < until:
            time.sleep(0.001)
        time.sleep(0.02)  # it would go on here if it could
        assert len(made) == taken + 5
    assert list(stream) == list(range(3, 50))


def test_leaving_early_stops_the_thread_and_closes_the_source() -> None:
    closed = threading.Event()

    def endless() -> Iterator[int]:
        try:
            while True:
                yield 0
        finally:
            closed.set()

    stream = ahead(endless(), depth=2)
    assert [next(stream), next(stream)] == [0, 0]
    assert running() == 1
    stream.close()  # type: ignore[attr-defined]
    assert closed.is_set()
    assert running() == 0


def test_work_is_done_while_the_consumer_is_busy() -> None:
    second = threading.Event()

    def source() -> Iterator[int]:
        yield 0
        second.set()
        yield 1

    stream = ahead(source())
    next(stream)
    assert second.wait(timeout=5)
    assert list(stream) == [1]


def test_nothing_runs_before_the_first_item_is_asked_for() -> None:
    ahead(range(3))
    assert running() == 0
