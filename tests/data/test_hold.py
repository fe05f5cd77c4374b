import gc
import subprocess
import sys
from pathlib import Path

import pytest

from segmem.data.hold import Hold, allow_many_files, alone

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there, open files cannot be moved")


def is_free(path: Path) -> bool:
    with alone(path) as nobody:
        return nobody


def test_a_file_is_held_by_many_until_the_last_lets_go(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    first, second = Hold(tmp_path / "a"), Hold(tmp_path / "a")
    assert not is_free(tmp_path / "a")
    first.let_go()
    assert not is_free(tmp_path / "a")
    del second
    gc.collect()
    assert is_free(tmp_path / "a")


def test_what_another_process_holds_is_free_when_it_is_killed(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    code = "import sys, pathlib; from segmem.data.hold import Hold; h = Hold(pathlib.Path(sys.argv[1]));"
    code += " print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", code, str(tmp_path / "a")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        assert not is_free(tmp_path / "a")
        other.kill()
        other.wait()
    assert is_free(tmp_path / "a")


def test_a_file_that_is_gone_cannot_be_held(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Hold(tmp_path / "a")
    assert not is_free(tmp_path / "a")


def test_more_files_may_be_open_than_the_shell_allowed() -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, before[1]), before[1]))
        allow_many_files()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(before[1], 65_536)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
