"""Progress on stderr."""

import pytest

from segmem.report.bar import Bar


def test_silent_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with Bar().task("measuring", 2) as tick:
        tick()
        tick()
    assert capsys.readouterr().err == ""


def test_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    with Bar().task("measuring [cases]", 2) as tick:
        tick()
        tick()
    assert "measuring [cases]" in capsys.readouterr().err
    assert not Bar(shown=False).shown
