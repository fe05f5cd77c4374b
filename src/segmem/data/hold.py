"""A file that is in use, known to every process of this machine until the user lets go or dies."""

import contextlib
import os
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path

_MANY = 65_536


class Hold:
    """Keeps anybody from being `alone` with a file; many may hold one. Let go with the object, or with the process.

    Windows needs no more than the open file: what is open cannot be moved there.
    """

    def __init__(self, path: Path) -> None:
        """Raise FileNotFoundError where there is no such file, or it was taken meanwhile."""
        handle = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
        self._finalizer = weakref.finalize(self, os.close, handle)
        _lock(handle, shared=True)
        if not _same(handle, path):
            self.let_go()
            raise FileNotFoundError(path)

    def let_go(self) -> None:
        """What is done anyway when nothing refers to this any more."""
        self._finalizer()


@contextlib.contextmanager
def alone(path: Path) -> Iterator[bool]:
    """Whether nobody holds the file; meanwhile nobody can begin to."""
    if sys.platform == "win32":
        yield path.is_file()  # moving its folder away fails where one does
        return
    try:
        handle = os.open(path, os.O_RDWR)
    except OSError:
        yield False
        return
    try:
        yield _lock(handle, shared=False)
    finally:
        os.close(handle)


def allow_many_files() -> None:
    """Raise this process's own limit of open files as far as it may: a case holds three."""
    if sys.platform == "win32":
        return
    import resource

    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MANY if most == resource.RLIM_INFINITY else min(most, _MANY)
    if now != resource.RLIM_INFINITY and now < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _lock(handle: int, shared: bool) -> bool:
    """Wait for a shared lock, or take the only one if it is to be had at once."""
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_SH if shared else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # held; or a file system without locks, where nothing is ever free
        return False
    return True


def _same(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
