"""DICOM series as cases: the one that is there, or the one that was asked for."""

import os
from collections.abc import Sequence
from glob import glob, has_magic
from pathlib import Path

from segmem.core.errors import InputError, UsageError
from segmem.io.case import Case
from segmem.io.dicom.files import SUFFIXES, holds_dicom, is_dicom
from segmem.io.dicom.find import find_series
from segmem.io.dicom.problems import refuse
from segmem.io.dicom.series import Series
from segmem.io.formats import form

_LISTED = 20


def dicom_cases(
    source: str, path: Path | Sequence[Path], asked: str | None = None, allow_gaps: bool = False
) -> list[Case]:
    """The case of the only series, or of the one `asked` for: a number of the list, a short form or a uid.

    Pictures of one series that no place or time binds are a case each. Names are made of the modality and a hash:
    neither a file's name nor an element about the patient is told.

    Raises:
        UsageError: there are several series and none, or none that exists, was asked for; they are listed.
        InputError, FormatError, GeometryError: nothing there can be read.
    """
    found = find_series(path)
    chosen = found if asked is None else _asked(source, found, asked)
    if len(chosen) > 1 and not (all(one.kind == "image" for one in chosen) and _one_uid(chosen)):
        raise UsageError(
            f"{source} holds {len(found)} series; name one with --series NUMBER: {listed(found)}."
        )
    if len(chosen) == 1:
        refuse(chosen[0], chosen[0].name, allow_gaps)
    cases = [
        Case(one.name, one.kind, "dicom", one.files, series=one, allow_gaps=allow_gaps) for one in chosen
    ]
    if len({case.name for case in cases}) < len(cases):
        raise InputError(f"{source} holds the same image twice. Keep one copy of each file.")
    return cases


def dicom_in(path: Path) -> Path | list[Path] | None:
    """What of `path` (a file, a folder or a glob) is DICOM; None where it is something else."""
    if path.is_dir() and os.access(path, os.R_OK):
        files = [file for file in path.iterdir() if file.is_file()]
        named = any(file.suffix.lower() in SUFFIXES or file.name.upper() == "DICOMDIR" for file in files)
        return path if named or (not any(form(file) for file in files) and holds_dicom(path)) else None
    if path.is_file():
        return path if form(path) is None and is_dicom(path) else None
    if has_magic(str(path)):
        found = [Path(name) for name in sorted(glob(str(path), recursive=True))]  # noqa: PTH207
        files = [file for file in found if file.is_file() and form(file) is None]
        return files if files and all(is_dicom(file) for file in files) else None
    return None


def listed(found: Sequence[Series]) -> str:
    """All of them, numbered from 1, each with its short form, kind, size and description."""
    told = "; ".join(f"{number}) {one.told}" for number, one in enumerate(found[:_LISTED], start=1))
    return told + (f"; and {len(found) - _LISTED} more" if len(found) > _LISTED else "")


def _asked(source: str, found: Sequence[Series], asked: str) -> list[Series]:
    if asked.isdecimal() and 1 <= int(asked) <= len(found):
        return [found[int(asked) - 1]]
    chosen = [one for one in found if asked in {one.uid, one.short, one.name}]
    if not chosen:
        raise UsageError(f"{source} has no series {asked!r}. It holds: {listed(found)}.")
    return chosen


def _one_uid(series: Sequence[Series]) -> bool:
    return len({one.uid for one in series}) == 1
