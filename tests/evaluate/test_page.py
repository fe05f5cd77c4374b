"""The report as a whole."""

from pathlib import Path

import pytest

from segmem.evaluate.request import Request
from segmem.evaluate.run import run

pytest.importorskip("matplotlib")


def page(*found: Path, data: Path, **more: object) -> str:
    plain = {"classes": ("background", "one", "two"), "flow": None, "workers": 1}
    run(Request(predictions=found, data=data, out=data.parent / "out", **plain | more))
    return (data.parent / "out" / "report.html").read_text(encoding="utf-8")


def titles(text: str) -> list[str]:
    return [part.split("</h2>")[0] for part in text.split("<h2>")[1:]]


def test_one_run(video: tuple[Path, Path]) -> None:
    text = page(video[1], data=video[0], as_released=True)
    assert titles(text) == [
        *("Summary", "As released", "Classes", "Cases", "Worst and median"),
        *("Trust", "Over time", "How it was measured"),
    ]
    assert "http" not in text.replace("http-equiv", "").replace("http://www.w3.org/", "")


def test_two_runs_have_their_own_parts(video: tuple[Path, Path], tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.symlink_to(video[1])
    text = page(video[1], video[1] / "op1", data=video[0])
    assert "Comparison" in titles(text)
    assert "Cases - found" in titles(text)
    assert "Cases - op1" in titles(text)


def test_names_cannot_break_out(video: tuple[Path, Path]) -> None:
    text = page(video[1], data=video[0], classes=("background", "<b>one</b>", "$two$"))
    assert "<b>one" not in text
    assert text.count("<script") == 1
