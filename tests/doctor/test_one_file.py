from pathlib import Path

import pytest

from segmem.doctor.one_file import examine, is_known
from sick import codes


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("gone.png", None, "path-missing"),
        ("a.xyz", b"\x00\x01\x02", "file-unknown"),
        ("a.txt", b"words", "file-unknown"),
        ("a.mgz", b"\x1f\x8b", "file-unknown"),
        ("a.mp4", b"<html></html>", "file-text"),
        ("a.nii.gz", b"", "file-empty"),
        ("a.pt", b"<html></html>", "weights-unreadable"),
        ("a.dcm", b"\x00" * 200, "file-refused"),
    ],
)
def test_what_is_none_of_them_is_a_fault_in_words(tmp_path, name, content, code):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert codes(examine(tmp_path / name, name)[1].findings) == {code}


def test_a_file_is_known_by_its_name():
    assert is_known(Path("a.nii.gz"))
    assert is_known(Path("a.pth"))
    assert not is_known(Path("a.txt"))
