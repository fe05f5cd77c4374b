import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from segmem.core.errors import OutputError
from segmem.data.store import MARK, Store

KILO = 1000


def of_size(size: int):
    return lambda folder: (folder / "data").write_bytes(bytes(size))


def refuse(folder: Path) -> None:
    pytest.fail("made again")


def made(store: Store, name: str, size: int = 10 * KILO, age: float = 0) -> Path:
    """An entry that nobody holds any more, last used so many seconds ago."""
    entry, hold = store.entry(name, of_size(size))
    hold.let_go()
    then = time.time() - age
    os.utime(entry / MARK, (then, then))
    return entry


def test_an_entry_is_made_once(tmp_path: Path) -> None:
    made(Store(tmp_path / "new"), "a", 5)
    entry, _hold = Store(tmp_path / "new").entry("a", refuse)
    assert (entry / "data").read_bytes() == bytes(5)


def test_a_making_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "data").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Store(tmp_path).entry("a", fail)
    assert list(tmp_path.iterdir()) == []
    made(Store(tmp_path), "a")


def test_an_entry_whose_file_was_cut_is_made_again(tmp_path: Path) -> None:
    entry = made(Store(tmp_path), "a", 50)
    (entry / "data").write_bytes(bytes(7))
    again, _hold = Store(tmp_path).entry("a", of_size(50))
    assert (again / "data").stat().st_size == 50


def test_what_was_used_longest_ago_goes_first(tmp_path: Path) -> None:
    store = Store(tmp_path, limit=38 * KILO)
    for name, age in (("a", 30), ("b", 90), ("c", 60)):
        made(store, name, age=age)
    made(store, "d")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a", "c", "d"]


def test_opening_an_entry_makes_it_new(tmp_path: Path) -> None:
    store = Store(tmp_path, limit=38 * KILO)
    for name, age in (("a", 30), ("b", 90), ("c", 60)):
        made(store, name, age=age)
    store.entry("b", refuse)[1].let_go()
    made(store, "d")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a", "b", "d"]


def test_what_a_run_uses_stays_and_another_is_told_that_there_is_no_room(tmp_path: Path) -> None:
    one, other = Store(tmp_path, limit=25 * KILO), Store(tmp_path, limit=25 * KILO)
    _, first = one.entry("a", of_size(10 * KILO))
    _, second = one.entry("b", of_size(10 * KILO))
    with pytest.raises(OutputError, match=r"limit of 0\.00 GB is too small .*--cache-size"):
        other.entry("c", of_size(10 * KILO))
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a", "b"]
    first.let_go()
    other.entry("c", of_size(10 * KILO))
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["b", "c"]
    second.let_go()


def test_a_run_that_is_killed_leaves_nothing_half_made_that_counts(tmp_path: Path) -> None:
    code = """
import sys, time, pathlib
from segmem.data.store import Store
def slow(folder):
    (folder / "data").write_bytes(bytes(9000)); print("half", flush=True); time.sleep(60)
Store(pathlib.Path(sys.argv[1])).entry("a", slow)
"""
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"half\n"
        (half,) = tmp_path.iterdir()
        long_ago = time.time() - 1e4
        os.utime(half / MARK, (long_ago, long_ago))
        made(Store(tmp_path, limit=30 * KILO), "b")
        assert half.is_dir(), "it is still being made"
        other.kill()
        other.wait()
    assert made(Store(tmp_path, limit=30 * KILO), "a").name == "a"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a", "b"]


def test_other_folders_are_neither_counted_nor_deleted(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis").write_bytes(bytes(90 * KILO))
    store = Store(tmp_path, limit=25 * KILO)
    for name in "abc":
        made(store, name)
    assert (tmp_path / "mine" / "thesis").is_file()


def test_a_full_disk_is_said_so(tmp_path: Path) -> None:
    def fill(folder: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OutputError, match="no space is left"):
        Store(tmp_path).entry("a", fill)
