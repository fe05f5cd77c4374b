"""A folder of entries made once, each whole or not there, together no larger than a limit."""

import errno
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Lock

from segmem.core.errors import OutputError
from segmem.data.hold import Hold, allow_many_files, alone

MARK = "held.json"
_PARTIAL = ".partial"
_FULL = (errno.ENOSPC, errno.EDQUOT)
_ROOM = 0.9  # of the limit is left when entries are deleted, so that this is not done for each new one
_DEAD_S = 60.0  # a folder in the making is looked at no sooner


class Store:
    """Entries are folders named by what they are made of; any number of runs may share a store.

    An entry is made under a hidden name and renamed when it is whole, so a run killed at any moment leaves nothing
    that another would read. Its file `held.json` has the sizes of the others, and is held while the entry is in
    use; of the rest, what was used longest ago goes first when room is needed. Other folders are not touched.

    Args:
        folder: made if need be.
        limit: bytes of all entries together, those in the making aside; None: any number.
    """

    def __init__(self, folder: Path, limit: int | None = None) -> None:
        self.folder = folder
        self.limit = limit
        self._size: int | None = None  # as last seen, and what was made since
        self._making_room = Lock()
        allow_many_files()

    def entry(self, key: str, make: Callable[[Path], None]) -> tuple[Path, Hold]:
        """The folder of `key`, filled by `make` unless it is there already, and what keeps it there.

        Raises:
            OutputError: the entry does not fit beside those that are in use, or the disk is full.
            and whatever `make` raises; then there is no entry.
        """
        entry = self.folder / key
        while True:
            hold = self._held(entry) or self._made(entry, make)
            if hold is not None:
                return entry, hold

    def _held(self, entry: Path) -> Hold | None:
        """What keeps an entry, where there is a whole one."""
        try:
            hold = Hold(entry / MARK)
        except FileNotFoundError:
            return None
        if _is_whole(entry):
            os.utime(entry / MARK)
            return hold
        hold.let_go()
        self._delete(entry)
        return None

    def _made(self, entry: Path, make: Callable[[Path], None]) -> Hold | None:
        """The same of an entry that is made now; None where it is gone again."""
        part = self._hidden(entry)
        try:
            part.mkdir(parents=True)
            (part / MARK).touch()
            hold = Hold(part / MARK)
            make(part)
            (part / MARK).write_text(json.dumps(_sizes(part)), encoding="utf-8")
            self._make_room(_size(part))
            hold.let_go()  # Windows moves nothing that is open
            try:
                part.rename(entry)
            except OSError:
                if not (entry / MARK).is_file():  # another run was faster
                    raise
            return self._held(entry)
        except OSError as why:
            if why.errno not in _FULL:
                raise
            raise OutputError(
                f"{self.folder} cannot take more decoded cases: no space is left. Free some, or bound it"
                " (--cache-size)."
            ) from None
        finally:
            _remove(part)

    def _hidden(self, entry: Path) -> Path:
        return self.folder / f".{entry.name}.{secrets.token_hex(4)}{_PARTIAL}"

    def _make_room(self, wanted: int) -> None:
        """Delete what nobody uses, longest unused first, until `wanted` bytes more are within the limit."""
        if self.limit is None:
            return
        with self._making_room:
            if self._size is None or self._size + wanted > self.limit:
                self._size = self._tidied(wanted, self.limit)
            self._size += wanted
            if self._size > self.limit:
                self._size = None
                raise OutputError(
                    f"{self.folder}: the limit of {self.limit / 1e9:.2f} GB is too small for the decoded cases of"
                    " this run and of others that run now. Give more (--cache-size), or take less of the data"
                    " (`limit`, `every`)."
                )

    def _tidied(self, wanted: int, limit: int) -> int:
        """The bytes there are, once enough is deleted."""
        sizes = {entry: _size(entry) for entry in self._entries()}
        left = sum(sizes.values())
        if left + wanted <= limit:
            return left
        for entry in sorted(sizes, key=_used):
            if left <= _ROOM * limit - wanted:
                break
            if self._delete(entry):
                left -= sizes[entry]
        return left

    def _entries(self) -> Iterator[Path]:
        """The whole ones. What killed runs left half made is removed."""
        for entry in self.folder.iterdir():
            if entry.name.endswith(_PARTIAL):
                if time.time() - _used(entry) > _DEAD_S:
                    self._delete(entry)
            elif (entry / MARK).is_file():
                yield entry

    def _delete(self, entry: Path) -> bool:
        """Delete an entry unless it is in use. It is gone at once, under another name."""
        gone = self._hidden(entry)
        with alone(entry / MARK) as unused:
            if not unused:
                return False
            try:
                entry.rename(gone)
            except OSError:  # in use, says Windows; or another run was faster
                return False
        _remove(gone)
        return True


def _remove(entry: Path) -> None:
    """The mark goes last: what is left by a run that is killed meanwhile is still known for ours."""
    for file in entry.glob("*"):
        if file.name != MARK:
            file.unlink(missing_ok=True)
    shutil.rmtree(entry, ignore_errors=True)


def _is_whole(entry: Path) -> bool:
    try:
        return bool(json.loads((entry / MARK).read_text(encoding="utf-8")) == _sizes(entry))
    except ValueError:
        return False


def _sizes(entry: Path) -> dict[str, int]:
    """Of all files but the mark."""
    return {file.name: file.stat().st_size for file in sorted(entry.iterdir()) if file.name != MARK}


def _size(entry: Path) -> int:
    try:
        return sum(file.stat().st_size for file in entry.iterdir())
    except OSError:  # another run deletes it just now
        return 0


def _used(entry: Path) -> float:
    """When it was last opened."""
    try:
        return (entry / MARK).stat().st_mtime
    except OSError:
        return 0.0
