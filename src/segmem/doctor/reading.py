"""Findings for what a reader refuses, and for files that no reader need be asked about."""

import gzip
import zlib
from pathlib import Path

from segmem.core.errors import GeometryError, MissingExtraError, SegmemError
from segmem.doctor.finding import Code, Finding
from segmem.io.formats import suffix
from segmem.io.sniff import is_text

MISSING = Code(
    "path-missing", "fault", "Nothing is there.", "There is nothing to look at.", "Check the path."
)
DENIED = Code(
    "path-denied",
    "fault",
    "It may not be read.",
    "The system refuses it to you.",
    "Ask for the right to read it, or copy it.",
)
EMPTY = Code(
    "file-empty",
    "fault",
    "The file has no bytes.",
    "A copy or a download was interrupted before it began.",
    "Copy it again from where it came.",
)
TEXT = Code(
    "file-text",
    "fault",
    "The file is text under another kind's name.",
    "Often an error page, or a pointer of git-lfs, was saved in place of the file.",
    "Look at its first lines, and fetch the file itself.",
)
TRUNCATED = Code(
    "file-truncated",
    "fault",
    "The file ends before its header says.",
    "What is missing cannot be guessed; segmem refuses a scan or picture that is not whole.",
    "Copy it again from where it came.",
)
REFUSED = Code(
    "file-refused",
    "fault",
    "The reader refuses the file.",
    "It is damaged, or holds what segmem does not read.",
    "See what the reader says; copy the file again, or save it in another format.",
)
EXTRA = Code(
    "extra-missing",
    "warning",
    "An optional package is needed to look at it.",
    "It could not be examined here.",
    "Install what is named.",
)
UNKNOWN = Code(
    "file-unknown",
    "fault",
    "The kind of the file is not known.",
    "segmem reads pictures, videos, scans (NIfTI, NRRD, MHA, DICOM) and weights.",
    "Convert it to one of these; scans of other programs to .nii.gz.",
)
TOO_BIG = Code(
    "file-too-big",
    "fault",
    "The header asks for more memory than a file of its kind should need.",
    "A damaged or malicious header would fill the memory; nothing was allocated.",
    "Is the header right? If the file is truly so large, cut it into parts.",
)
FOUR_D = Code(
    "scan-4d",
    "fault",
    "The file holds several volumes, or several values a voxel.",
    "Whether they are times, echoes or channels only you know; segmem does not choose in silence.",
    "Save the volume you mean as its own file, or each time as a frame of a video.",
)
PLACE = Code(
    "scan-no-place",
    "fault",
    "The header does not say where the voxels lie, or a step between them is zero.",
    "Nothing can be measured, or put back on the scan's grid.",
    "Save it again with its true spacing and directions, from the source that it came from.",
)
_ENDS = ("cannot hold", "truncated", "ends after", "ends before")
_MEGABYTE = 1 << 20


def unreadable(path: Path, where: str) -> Finding | None:
    """The finding for a file that is missing, closed to us, empty or text; None where a reader may be asked."""
    try:
        with path.open("rb") as file:
            head = file.read(1)
    except FileNotFoundError:
        if path.is_symlink():
            return MISSING.at(where, f"it is a link to {path.readlink()}, which does not exist")
        return MISSING.at(where, "there is no such file")
    except OSError as why:
        return DENIED.at(where, f"it cannot be read ({why.strerror or why})")
    if not head:
        return EMPTY.at(where, "it has 0 bytes")
    if is_text(path) and suffix(path) not in (".nrrd", ".mha", ".json"):
        return TEXT.at(where, "its first bytes are text")
    return None


def refused(error: SegmemError, path: Path, where: str) -> Finding:
    """The finding for a reader's error."""
    if isinstance(error, MissingExtraError):
        return EXTRA.at(where, str(error))
    text = reason(error, path)
    if isinstance(error, GeometryError):
        return PLACE.at(where, text)
    if "Save one volume of it" in text:
        return FOUR_D.at(where, text)
    if any(words in text for words in _ENDS) or ends_early(path):
        return TRUNCATED.at(where, text)
    return (TOO_BIG if "above the limit" in text or "more pixels than" in text else REFUSED).at(where, text)


def reason(error: Exception, path: Path) -> str:
    """An error's text on one line, without the path, which the finding names."""
    text = " ".join(str(error).split())
    for name in (str(path), path.name):
        text = text.removeprefix(name).lstrip(": ")
    return text.replace(f"{path.parent}/", "")


def ends_early(path: Path) -> bool:
    """Whether a compressed file breaks off. Reads it all, keeping nothing."""
    if path.suffix.lower() != ".gz":
        return False
    try:
        with gzip.open(path) as file:
            while file.read(_MEGABYTE):
                pass
    except EOFError:
        return True
    except (OSError, zlib.error):
        return False
    return False
