import threading
import time

import pytest

from segmem.predict.background import Background


def test_everything_is_done_when_the_context_ends():
    done = []
    with Background(threads=2) as background:
        for number in range(30):
            background.submit(done.append, number)
    assert sorted(done) == list(range(30))


def test_one_thread_keeps_the_order():
    done = []
    with Background(threads=1) as background:
        for number in range(30):
            background.submit(done.append, number)
    assert done == list(range(30))


def test_no_more_than_a_few_calls_wait():
    gate = threading.Event()
    given = []

    def give():
        with Background(threads=1, pending=2) as background:
            for number in range(5):
                background.submit(gate.wait)
                given.append(number)

    giver = threading.Thread(target=give)
    giver.start()
    time.sleep(0.2)
    waiting = len(given)
    gate.set()
    giver.join()
    assert waiting == 2
    assert len(given) == 5


def test_an_error_reaches_the_caller_at_the_latest_on_leaving():
    def fail():
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"), Background(threads=1) as background:
        background.submit(fail)


def test_an_error_of_the_caller_is_not_hidden_by_one_of_a_call():
    def fail():
        raise OSError("disk full")

    with pytest.raises(ValueError, match="mine"), Background(threads=1) as background:
        background.submit(fail)
        raise ValueError("mine")


def test_seconds_are_counted():
    with Background(threads=1) as background:
        background.submit(time.sleep, 0.02)
    assert background.seconds >= 0.02
