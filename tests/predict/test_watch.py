import os
import signal
import sys

import pytest

from segmem.core.errors import InterruptedRun
from segmem.predict.watch import Watch


def test_the_first_ctrl_c_asks_to_stop_and_the_second_stops():
    watch = Watch()
    with watch.listening():
        os.kill(os.getpid(), signal.SIGINT)
        assert watch.stop
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_a_polite_kill_asks_to_stop_too():
    watch = Watch()
    with watch.listening():
        os.kill(os.getpid(), signal.SIGTERM)
        assert watch.stop


def test_the_process_s_own_handlers_come_back():
    before = signal.getsignal(signal.SIGINT)
    with Watch().listening():
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before


def test_what_cannot_be_continued_stops_at_its_next_tick():
    watch = Watch()
    watch.tick_or_stop()
    watch.stop = True
    with pytest.raises(InterruptedRun, match="--resume"):
        watch.tick_or_stop()


def test_no_bar_is_drawn_where_nobody_looks(capsys):
    watch = Watch(bar=True)
    with watch.case("v", 3):
        watch.tick()
    assert capsys.readouterr() == ("", "")


def test_a_bar_shows_frames_rate_and_time_to_go_on_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm")
    watch = Watch(bar=True)
    with watch.case("operation", 12, done=2):
        watch.tick()
    shown = capsys.readouterr()
    assert shown.out == ""
    for part in ("operation", "/12", "frames", "FPS", "ETA"):
        assert part in shown.err
