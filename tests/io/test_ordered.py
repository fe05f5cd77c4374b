import threading
import time

import pytest

from segmem.io.ordered import in_order


def slow_square(number: int) -> int:
    time.sleep(0.002 * (7 - number % 7))  # later ones end sooner
    return number * number


@pytest.mark.parametrize("threads", [0, 1, 4])
def test_results_come_in_order_however_long_each_takes(threads: int) -> None:
    assert list(in_order(slow_square, range(20), threads)) == [number * number for number in range(20)]


def test_no_more_than_two_a_thread_and_one_wait() -> None:
    taken = []
    results = in_order(lambda item: item, (taken.append(n) or n for n in range(100)), threads=3)
    next(results)
    assert len(taken) == 7


@pytest.mark.parametrize("threads", [0, 2])
def test_a_fault_comes_in_its_turn(threads: int) -> None:
    def call(number: int) -> int:
        if number == 3:
            raise OSError("gone")
        return number

    results = in_order(call, range(9), threads)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(OSError, match="gone"):
        next(results)


def test_calls_are_made_at_the_same_time() -> None:
    together = threading.Barrier(3, timeout=20)
    assert list(in_order(lambda item: together.wait() * 0 + item, range(3), threads=3)) == [0, 1, 2]
