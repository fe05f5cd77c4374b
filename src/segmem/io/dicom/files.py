"""Which files are DICOM: one, a folder of them, or those that a DICOMDIR names."""

import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from segmem.core.errors import InputError, MissingExtraError
from segmem.io.sniff import not_a, require_file

SUFFIXES = (".dcm", ".ima", ".dicom")
DIRECTORY = "1.2.840.10008.1.3.10"  # SOP class of a DICOMDIR
_MARK, _MARK_AT = b"DICM", 128
_ANY = ("SOPClassUID", "SeriesInstanceUID", "Rows", "Modality", "DirectoryRecordSequence")
_LISTED = 5
_ENTRIES = 2000  # of a folder's tree, looked at before it is taken for one without DICOM


def pydicom() -> Any:
    """The package that reads the files.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import pydicom
    except ImportError:
        raise MissingExtraError("DICOM needs pydicom. Install it: pip install 'segmem[dicom]'") from None
    return pydicom


def is_dicom(path: Path) -> bool:
    """Whether a file's name or its first bytes say DICOM; its header is not read."""
    if path.name.upper() == "DICOMDIR" or path.suffix.lower() in SUFFIXES:
        return path.is_file()
    return _marked(path)


def holds_dicom(folder: Path) -> bool:
    """Whether some file in `folder`, or below it, is DICOM by name or first bytes."""
    for number, path in enumerate(_walk(folder)):
        if number > _ENTRIES:
            return False
        if is_dicom(path):
            return True
    return False


def dicom_files(path: Path) -> list[Path]:
    """Every DICOM file that `path` names, sorted by name: one file, a folder's tree, a DICOMDIR's list.

    Hidden files, other files and links that lead out of the folder are passed over.

    Raises:
        InputError: nothing is there, nothing in it is DICOM, or a DICOMDIR names a file outside its folder.
        FormatError: the DICOMDIR is damaged.
    """
    if path.is_dir():
        found = [file for file in _walk(path) if is_dicom(file) and file.name.upper() != "DICOMDIR"]
        if not found:
            raise InputError(f"{path} holds no DICOM file. Name the folder that the images are in.")
        return found
    require_file(path, "a DICOM file")
    if "DirectoryRecordSequence" in read_header(path, ("DirectoryRecordSequence",)):
        return _listed(path)
    return [path]


def read_header(path: Path, tags: tuple[str, ...] | None = None, force: bool = True) -> Any:
    """The dataset of a file without its pixels; only the elements named in `tags` where they are given.

    Args:
        force: read on where the file's preamble is missing, as old archives write it.

    Raises:
        FormatError: it is no DICOM file, or damaged.
    """
    dicom = pydicom()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about values out of the standard; what matters is checked later
            found = dicom.dcmread(
                path, stop_before_pixels=True, force=force, specific_tags=tags and [*_ANY, *tags]
            )
    except MemoryError:
        raise not_a(path, "a DICOM file", "an element claims more bytes than there are") from None
    except Exception as why:  # pydicom has no root of its errors: a damaged file gives any of them
        raise not_a(path, "a DICOM file", why) from None
    if not any(name in found for name in _ANY):
        raise not_a(path, "a DICOM file")
    return found


def _walk(folder: Path) -> Iterator[Path]:
    home = folder.resolve()
    for root, folders, files in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(root) / name
            if name.startswith(".") or (path.is_symlink() and not path.resolve().is_relative_to(home)):
                continue
            if path.is_file():
                yield path


def _marked(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            file.seek(_MARK_AT)
            return file.read(len(_MARK)) == _MARK
    except OSError:
        return False


def _listed(directory: Path) -> list[Path]:
    """The images that a DICOMDIR names, each inside its folder."""
    root = directory.parent.resolve()
    found: list[Path] = []
    missing: list[Path] = []
    for record in read_header(directory).DirectoryRecordSequence:
        named = record.get("ReferencedFileID")
        if not named:
            continue
        parts = [named] if isinstance(named, str) else [str(part) for part in named]
        path = (root / Path(*parts)).resolve()
        if not path.is_relative_to(root):
            raise InputError(
                f"{directory} names a file outside its folder ({'/'.join(parts)}). It was not opened;"
                " name the folder of the images instead."
            )
        (found if path.is_file() else missing).append(path)
    if missing or not found:
        names = ", ".join(str(path.relative_to(root)) for path in missing[:_LISTED])
        raise InputError(
            f"{directory} names {len(missing) + len(found)} files, {len(missing)} of them are not there ({names})."
            " Copy them too, or name the folder to read what there is."
        )
    return sorted(found)
