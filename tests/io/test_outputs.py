import errno
import os
from pathlib import Path

import pytest

from segmem.core.errors import InterruptedRun, OutputError
from segmem.io.outputs import partial, remove, staged, write_json_atomic, write_text_atomic


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("name", "folder", "stage"),
    [
        ("out", True, ".out.partial"),
        ("out.v2", True, ".out.v2.partial"),
        ("s.nii.gz", False, ".s.partial.nii.gz"),
        ("o.mp4", False, ".o.partial.mp4"),
        ("plain", False, ".plain.partial"),
    ],
)
def test_the_stage_is_a_hidden_sibling_with_the_same_suffix(name: str, folder: bool, stage: str) -> None:
    assert partial(Path("d") / name, folder) == Path("d") / stage


def test_a_file_and_a_folder_appear_only_when_whole(tmp_path: Path) -> None:
    with staged(tmp_path / "deep" / "a.nii.gz") as stage:
        stage.write_text("1")
        assert not (tmp_path / "deep" / "a.nii.gz").exists()
    with staged(tmp_path / "deep" / "out") as stage:
        (stage / "x").write_text("1")
        assert not (tmp_path / "deep" / "out").exists()
    assert names(tmp_path / "deep") == ["a.nii.gz", "out"]
    assert names(tmp_path / "deep" / "out") == ["x"]


def test_a_failure_leaves_nothing_and_the_old_output_whole(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(ZeroDivisionError), staged(tmp_path / "a.txt") as stage:
        stage.write_text("new")
        raise ZeroDivisionError
    with pytest.raises(ZeroDivisionError), staged(tmp_path / "out") as stage:
        (stage / "x").write_text("new")
        raise ZeroDivisionError
    assert names(tmp_path) == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "old"


@pytest.mark.parametrize("error", [KeyboardInterrupt, InterruptedRun])
def test_an_interrupted_run_keeps_what_is_whole_and_resumes(
    tmp_path: Path, error: type[BaseException]
) -> None:
    with pytest.raises(error), staged(tmp_path / "out") as stage:
        (stage / "x").write_text("1")
        raise error
    assert names(tmp_path) == [".out.partial"]
    with staged(tmp_path / "out", resume=True) as stage:
        (stage / "y").write_text("2")
    assert names(tmp_path / "out") == ["x", "y"]


def test_keep_leaves_the_stage_and_a_new_run_begins_afresh(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), staged(tmp_path / "out", keep=True) as stage:
        (stage / "x").write_text("1")
        raise ZeroDivisionError
    assert names(tmp_path / ".out.partial") == ["x"]
    with staged(tmp_path / "out") as stage:
        assert names(stage) == []


def test_an_earlier_output_is_replaced_whole(tmp_path: Path) -> None:
    for content in ("a", "b"):
        with staged(tmp_path / "out") as stage:
            (stage / "manifest.json").write_text("{}")
            (stage / content).write_text("1")
    assert names(tmp_path / "out") == ["b", "manifest.json"]
    assert names(tmp_path) == ["out"]


def test_a_folder_of_other_things_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis").write_text("years of work")
    with pytest.raises(OutputError, match="not an earlier output"), staged(tmp_path):
        pass
    assert names(tmp_path) == ["thesis"]


def test_overwriting_can_be_forbidden(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(OutputError, match="exists"), staged(tmp_path / "a.txt", overwrite=False):
        pass


def test_a_file_where_a_folder_should_be_is_said_and_the_reverse(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    (tmp_path / "a.png").mkdir()
    with pytest.raises(OutputError, match="is a file, a folder should be written"), staged(tmp_path / "out"):
        pass
    with (
        pytest.raises(OutputError, match="is a folder, a file should be written"),
        staged(tmp_path / "a.png", folder=False),
    ):
        pass
    with pytest.raises(OutputError, match="cannot be written"), staged(tmp_path / "out" / "below"):
        pass


def test_a_parent_that_may_not_be_written_is_said_before_any_work(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    target = locked / "out" if os.geteuid() else Path("/proc/out")  # root may write anywhere but there
    with pytest.raises(OutputError, match=r"out cannot be written \(.*Choose a folder"), staged(target):
        pytest.fail("the block must not run")


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no space is left"), staged(tmp_path / "out") as stage:
        (stage / "x").write_text("1")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert names(tmp_path) == []


def test_a_block_that_writes_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="nothing was written"), staged(tmp_path / "a.txt"):
        pass


def test_text_and_json_are_replaced_at_once(tmp_path: Path) -> None:
    write_text_atomic(tmp_path / "a.txt", "é\n")
    write_json_atomic(tmp_path / "a.json", {"name": "é", "n": 1})
    assert (tmp_path / "a.txt").read_bytes() == "é\n".encode()
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == '{\n  "name": "é",\n  "n": 1\n}\n'
    with pytest.raises(ValueError, match="JSON"):
        write_json_atomic(tmp_path / "a.json", {"n": float("nan")})
    with pytest.raises(OutputError, match="cannot be written"):
        write_text_atomic(tmp_path / "gone" / "a.txt", "x")
    assert names(tmp_path) == ["a.json", "a.txt"]


def test_removing_takes_files_folders_and_nothing(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "x").touch()
    (tmp_path / "f").touch()
    for name in ("d", "f", "none"):
        remove(tmp_path / name)
    assert names(tmp_path) == []
