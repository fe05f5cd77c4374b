"""Corrected copies of what can safely be mended. The files looked at are never changed."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from segmem.core import Settings
from segmem.core.errors import OutputError
from segmem.doctor import mend_dicom, mend_mask, mend_nifti, mend_text
from segmem.doctor.dicom import NAMES as DICOM_NAMES
from segmem.doctor.finding import Diagnosis
from segmem.io.formats import case_name, form, suffix
from segmem.io.outputs import staged


class Mended(Settings):
    """One corrected copy."""

    where: str
    """The file it is a copy of."""
    copy_at: str
    """Where it was written."""
    codes: tuple[str, ...]
    """Of the findings that it mends."""
    done: str
    """What was changed, in words."""


def mend(path: Path, found: Diagnosis, out: Path | None = None) -> Iterator[Mended]:
    """Write a copy of each file that has a finding which can be mended, all of them mended together.

    Args:
        path: what was diagnosed.
        found: its diagnosis.
        out: a folder for the copies, which keep their names and places; None is `<name>-fixed` beside `path`.

    Raises:
        OutputError: a copy cannot be written, or would replace a file.
        InputError: a file has changed and cannot be read any more.
    """
    whole = path.resolve()
    root = whole if path.is_dir() else whole.parent
    target = out or whole.with_name(f"{case_name(whole) if path.is_file() else whole.name}-fixed")
    codes: dict[str, set[str]] = defaultdict(set)
    for one in found.findings:
        if one.fix:
            codes[one.where].add(one.code)
    for where, wanted in sorted(codes.items()):
        source = root / where
        if not source.is_file() or not source.resolve().is_relative_to(root):
            continue  # a finding of a whole case
        copy = _copy_of(target / where, source)
        if copy.exists():
            raise OutputError(f"{copy} exists. Choose another folder with -o, or remove it.")
        with staged(copy, overwrite=False, folder=False) as stage:
            done = _mended(source, stage, wanted, root)
        yield Mended(where=where, copy_at=str(copy), codes=tuple(sorted(wanted)), done="; ".join(done))


def _copy_of(copy: Path, source: Path) -> Path:
    """A picture's copy is a PNG, whatever it was."""
    return copy.with_suffix(".png") if form(source) == "image" else copy


def _mended(source: Path, stage: Path, codes: set[str], root: Path) -> list[str]:
    if DICOM_NAMES.code in codes:
        return mend_dicom.mend(source, stage)
    if form(source) == "image":
        return mend_mask.mend(source, stage)
    if suffix(source) in {".nii", ".nii.gz"}:
        return mend_nifti.mend(source, stage, codes, root)
    return mend_text.mend(source, stage)
