"""The doctor as a user calls it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from command import Ran
from footage import write_picture
from labelled import square, write_mask
from segmem.__main__ import main
from sick import nifti

Capture = pytest.CaptureFixture[str]


def test_fix_writes_copies_and_says_each(segmem: Callable[..., Ran], tmp_path: Path) -> None:
    write_mask(tmp_path / "a_mask.png", square(255))
    ran = segmem("doctor", "a_mask.png", "--fix", "-o", "fixed")
    assert (ran.code, ran.err) == (0, "")
    assert "fixed: a_mask.png: 255 became 1" in ran.out
    assert (tmp_path / "fixed" / "a_mask.png").is_file()


def test_a_copy_is_never_written_over_a_file(tmp_path: Path, capsys: Capture) -> None:
    path = write_mask(tmp_path / "a_mask.png", square(255))
    assert main(["doctor", str(path), "--fix", "-o", str(tmp_path)]) == 4
    assert capsys.readouterr().err.count("\n") == 1


def test_a_sound_file_is_done_in_a_few_lines(tmp_path: Path, capsys: Capture) -> None:
    path = write_picture(tmp_path / "a.png")
    assert main(["doctor", str(path)]) == 0
    assert (
        capsys.readouterr().out
        == f"{path}: a picture\n  format PNG, size 90 x 60, mode RGB\n\nNothing is wrong.\n"
    )


def test_a_fault_ends_with_3_and_no_traceback(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "a.mp4").write_text("<html>")
    assert main(["doctor", str(tmp_path / "a.mp4")]) == 3
    told = capsys.readouterr()
    assert "FAULT  file-text" in told.out
    assert told.err == ""
    assert main(["doctor", str(tmp_path / "gone")]) == 3


def test_json_is_one_object_with_every_field(tmp_path: Path, capsys: Capture) -> None:
    path = nifti(tmp_path / "a.nii.gz", sform=0)
    assert main(["doctor", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["worst"] == "warning"
    assert set(found["findings"][0]) == {"severity", "code", "where", "what", "why", "do", "fix"}


def test_a_bad_pattern_of_groups_is_a_mistake_of_use(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    write_picture(tmp_path / "images" / "a.png")
    write_mask(tmp_path / "masks" / "a.png", square())
    assert main(["doctor", str(tmp_path), "--group", "("]) == 2
    assert "no regular expression" in capsys.readouterr().err
