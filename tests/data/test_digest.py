import os
from pathlib import Path

import pytest

from segmem.data import digest as module
from segmem.data.digest import digest


def saved(path: Path, content: bytes = b"pixels") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_it_is_of_the_content_and_the_last_of_the_path(tmp_path: Path) -> None:
    first = saved(tmp_path / "here" / "masks" / "1.png")
    same = saved(tmp_path / "moved" / "to" / "masks" / "1.png")
    notes = tmp_path / "notes"
    assert digest([first], notes) == digest([same], notes)
    assert digest([first], notes) != digest([saved(tmp_path / "here" / "masks" / "2.png")], notes)
    assert digest([first], notes) != digest([saved(tmp_path / "x" / "masks" / "1.png", b"others")], notes)


def test_the_order_counts(tmp_path: Path) -> None:
    one, two = saved(tmp_path / "1"), saved(tmp_path / "2")
    assert digest([one, two], tmp_path) != digest([two, one], tmp_path)


def test_a_file_is_read_once_until_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []
    content = module._content
    monkeypatch.setattr(module, "_content", lambda path: read.append(path) or content(path))
    path = saved(tmp_path / "a")
    before = digest([path], tmp_path)
    assert digest([path], tmp_path) == before
    assert len(read) == 1
    saved(path, b"changed")
    os.utime(path, ns=(1, 1))
    assert digest([path], tmp_path) != before
    assert len(read) == 2
