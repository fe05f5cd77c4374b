"""Free text in the headers of scans, where a patient may be named. Only the field is told, never the text."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from segmem.doctor.finding import Code, Finding
from segmem.doctor.persons import key_names, may_name, of_program
from segmem.io.formats import suffix

NAMES = Code(
    "scan-names-patient",
    "warning",
    "A text in the header may name the patient.",
    "Whoever gets the file gets the name. segmem copies no text into what it writes, but it does not change this file.",
    "Share the copy that --fix writes instead; every free text is blank in it.",
    fixable=True,
)
TEXT = Code(
    "scan-free-text",
    "note",
    "The header carries text that someone wrote.",
    "It may say more than it should; what it says is not repeated here.",
    "Look at it, or take the copy that --fix writes, where it is blank.",
    fixable=True,
)
NIFTI_FIELDS = ("descrip", "aux_file", "db_name", "intent_name")
_DICOM_EXTENSION = 2
_HEAD = 1024 * 1024
_METAIMAGE = frozenset(
    (
        *("ObjectType", "ObjectSubType", "NDims", "BinaryData", "BinaryDataByteOrderMSB"),
        *("ElementByteOrderMSB", "CompressedData", "CompressedDataSize", "CompressionLevel"),
        *("TransformMatrix", "Offset", "Position", "Origin", "Orientation", "Rotation"),
        *("CenterOfRotation", "AnatomicalOrientation", "DistanceUnits", "ElementSpacing"),
        *("ElementSize", "DimSize", "HeaderSize", "Modality", "SequenceID", "ElementMin"),
        *("ElementMax", "ElementNumberOfChannels", "ElementToIntensityFunctionSlope"),
        *("ElementToIntensityFunctionOffset", "ElementType", "ElementDataFile", "ID"),
        *("ParentID", "Color"),
    )
)


def examine(path: Path, where: str, nifti: Any = None) -> list[Finding]:
    """Findings of a scan's texts; `nifti` is its header where it is a NIfTI."""
    texts = _nifti(nifti) if nifti is not None else _of_file(path)
    named = sorted({key for key, text in texts if key_names(key) or may_name(text)})
    other = sorted({key for key, text in texts if not of_program(text)} - set(named))
    found = []
    if named:
        found.append(NAMES.at(where, f"in {', '.join(named)}"))
    if other:
        found.append(TEXT.at(where, f"in {', '.join(other[:5])}"))
    return found


def _nifti(header: Any) -> list[tuple[str, str]]:
    fields = [(name, _text(header[name])) for name in NIFTI_FIELDS if name in header]
    texts = [(name, text) for name, text in fields if text]
    for extension in header.extensions:
        code = int(extension.get_code())
        is_dicom = code == _DICOM_EXTENSION
        texts.append(("a DICOM header as extension (patient)" if is_dicom else f"extension {code}", "text"))
    return texts


def _of_file(path: Path) -> list[tuple[str, str]]:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    return texts_of(split_header(head, suffix(path))[0], suffix(path))


def _text(field: Any) -> str:
    return bytes(field).split(b"\0")[0].decode("latin-1").strip()


def texts_of(lines: Sequence[bytes], end: str) -> list[tuple[str, str]]:
    """(key, text) of the lines of a `.nrrd` or `.mha` header that are not the format's own."""
    found = [_of_nrrd(line) if end == ".nrrd" else _of_mha(line) for line in lines]
    return [one for one in found if one is not None and one[1]]


def split_header(raw: bytes, end: str) -> tuple[list[bytes], bytes, bytes]:
    """The header's lines, what ends it, and the rest of the file."""
    if end == ".nrrd":
        at = raw.find(b"\n\n")
        crlf = raw.find(b"\r\n\r\n")
        if crlf >= 0 and (at < 0 or crlf < at):
            return raw[:crlf].split(b"\r\n"), b"\r\n\r\n", raw[crlf + 4 :]
        return raw[:at].split(b"\n"), b"\n\n", raw[at + 2 :]
    at = raw.find(b"\n", raw.find(b"ElementDataFile"))
    return raw[:at].split(b"\n"), b"\n", raw[at + 1 :]


def _of_nrrd(line: bytes) -> tuple[str, str] | None:
    """Of a `key:=value` line, a comment, or the field for contents."""
    text = line.decode("latin-1").strip()
    if text.startswith("#"):
        own = text.startswith(("# Complete NRRD", "# http"))
        return None if own else ("a comment", text[1:].strip())
    if ":=" in text:
        key, _, value = text.partition(":=")
        return key.strip(), value.strip()
    if text.startswith("content:"):
        return "content", text.partition(":")[2].strip()
    return None


def _of_mha(line: bytes) -> tuple[str, str] | None:
    """Of a `Key = value` line whose key is not MetaImage's own."""
    key, _, value = line.decode("latin-1").partition("=")
    return None if not key.strip() or key.strip() in _METAIMAGE else (key.strip(), value.strip())
