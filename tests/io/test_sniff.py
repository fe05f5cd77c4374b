from pathlib import Path

import pytest

from segmem.core.errors import FormatError, InputError
from segmem.io.sniff import is_text, not_a, require_file


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.png does not exist"):
        require_file(tmp_path / "gone.png", "an image")


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder, a video was expected"):
        require_file(tmp_path, "a video")


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    with pytest.raises(FormatError, match="0 bytes"):
        require_file(tmp_path / "a.mp4", "a video")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"hello\nworld\r\n", True),
        ("é" * 300, True),
        (b"\x89PNG\r\n\x1a\n\x00", False),
        (b"RIFF\x00\x01\x02\x03AVI ", False),
        (b"", False),
    ],
)
def test_text_is_told_from_media(tmp_path: Path, content: bytes | str, text: bool) -> None:
    (tmp_path / "x").write_bytes(content.encode() if isinstance(content, str) else content)
    assert is_text(tmp_path / "x") is text


def test_the_error_says_text_or_the_decoders_reason_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("hello")
    (tmp_path / "b").write_bytes(b"\x00\x01")
    assert "first bytes are text" in str(not_a(tmp_path / "t", "a video", "x"))
    assert "(no such thing)" in str(not_a(tmp_path / "b", "a video", "no such\n thing"))
