import os
import signal
import threading

import pytest

from segmem.train.interrupt import Interrupt


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_and_the_second_stops(name):
    before = signal.getsignal(name)
    with Interrupt() as interrupt:
        interrupt.gently()
        assert not interrupt.asked
        os.kill(os.getpid(), name)
        assert interrupt.asked
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), name)
    assert signal.getsignal(name) is before


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_before_there_is_something_to_save_the_first_signal_stops(name):
    with Interrupt() as interrupt, pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), name)
    assert not interrupt.asked


def test_outside_the_main_thread_signals_are_left_alone():
    before, seen = signal.getsignal(signal.SIGINT), []

    def work():
        with Interrupt() as interrupt:
            seen.append((signal.getsignal(signal.SIGINT), interrupt.asked))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(before, False)]
