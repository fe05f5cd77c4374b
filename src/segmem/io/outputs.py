"""Outputs appear under their final name only when whole."""

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from segmem.core.errors import InterruptedRun, OutputError
from segmem.io.formats import suffix

_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def staged(
    path: Path,
    overwrite: bool = True,
    keep: bool = False,
    resume: bool = False,
    folder: bool | None = None,
    marker: str = "manifest.json",
) -> Iterator[Path]:
    """A hidden sibling to write into; it takes the name `path` when the block ends well.

    On failure it is removed, unless `keep` is set or the run was interrupted.

    Args:
        overwrite: whether an earlier output may be replaced.
        keep: leave what was written where the block fails.
        resume: go on in what an interrupted run left.
        folder: whether `path` is a folder; by default where it is one already or has no suffix.
        marker: a folder is replaced only where it is empty or holds this file, so that nothing else is lost.

    Raises:
        OutputError: `path` cannot be written, or must not be replaced.
    """
    path = path.expanduser().resolve()
    is_folder = (path.is_dir() or not path.suffix) if folder is None else folder
    _require_free(path, is_folder, overwrite, marker)
    stage = partial(path, is_folder)
    _begin(path, stage, is_folder, resume)
    try:
        yield stage
        _finish(path, stage)
    except BaseException as error:
        if not keep and not isinstance(error, InterruptedRun | KeyboardInterrupt):
            remove(stage)
        if isinstance(error, OSError) and error.errno in _FULL:
            raise OutputError(
                f"{path} cannot be written: no space is left. Free some, or choose another disk."
            ) from None
        raise


def partial(path: Path, folder: bool) -> Path:
    """Where `staged` writes: `out` -> `.out.partial`, `scan.nii.gz` -> `.scan.partial.nii.gz`."""
    end = "" if folder else path.name[len(path.name) - len(suffix(path)) :]
    return path.with_name(f".{path.name.removesuffix(end) if end else path.name}.partial{end}")


def write_text_atomic(path: Path, text: str) -> None:
    """Write UTF-8 text under a temporary name, then rename: readers see the old file or the new one.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o666 & ~_umask())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as why:
        raise _cannot(path, why) from None


def write_json_atomic(path: Path, data: Mapping[str, object]) -> None:
    """`write_text_atomic` of readable JSON. NaN is refused with a ValueError: JSON has none."""
    write_text_atomic(path, json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def remove(path: Path) -> None:
    """Delete a file, or a folder with all in it; nothing where there is none."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _require_free(path: Path, folder: bool, overwrite: bool, marker: str) -> None:
    if not path.exists():
        return
    if path.is_dir() != folder:
        found, wanted = ("a folder", "a file") if path.is_dir() else ("a file", "a folder")
        raise OutputError(f"{path} is {found}, {wanted} should be written there. Choose another output.")
    if folder and not any(path.iterdir()):
        return
    if not overwrite:
        raise OutputError(f"{path} exists. Choose another output, or allow it to be overwritten.")
    if folder and not (path / marker).is_file():
        raise OutputError(
            f"{path} holds files that are not an earlier output (no {marker}). Choose another folder."
        )


def _begin(path: Path, stage: Path, folder: bool, resume: bool) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not resume:
            remove(stage)
        if folder:
            stage.mkdir(exist_ok=True)
            (stage / ".probe").touch()
            (stage / ".probe").unlink()
        elif not stage.exists():
            stage.touch()
            stage.unlink()
    except OSError as why:
        raise _cannot(path, why) from None


def _finish(path: Path, stage: Path) -> None:
    if not stage.exists():
        raise OutputError(f"{path}: nothing was written.")
    try:
        files = [file for file in (stage.rglob("*") if stage.is_dir() else (stage,)) if file.is_file()]
        with ThreadPoolExecutor(16) as pool:  # the disk takes many at once: twenty times faster than in turn
            list(pool.map(_flush, files))
        if not stage.is_dir() or not path.exists():
            stage.replace(path)
        else:
            old = path.with_name(f".{path.name}.old")
            remove(old)
            path.rename(old)
            try:
                stage.rename(path)
            except OSError:
                old.rename(path)
                raise
            remove(old)
    except OSError as why:
        raise _cannot(path, why) from None


def _flush(file: Path) -> None:
    with file.open("rb+") as open_file:
        os.fsync(open_file.fileno())


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _cannot(path: Path, why: OSError) -> OutputError:
    if why.errno in _FULL:
        return OutputError(f"{path} cannot be written: no space is left. Free some, or choose another disk.")
    reason = why.strerror or str(why)
    return OutputError(f"{path} cannot be written ({reason}). Choose a folder that may be written to.")
