"""One file: what it is, and its examination."""

from collections.abc import Callable
from pathlib import Path

from segmem.doctor import dicom, film, picture, scan, weights
from segmem.doctor.finding import Looked
from segmem.doctor.foreign import program_of
from segmem.doctor.reading import TEXT, UNKNOWN, unreadable
from segmem.io.checkpoint import SUFFIXES
from segmem.io.formats import Form, form, suffix

Examine = Callable[[Path, str], Looked]
_EXAMINE: dict[Form, Examine] = {"image": picture.examine, "video": film.examine, "volume": scan.examine}
WORDS: dict[Form, str] = {"image": "a picture", "video": "a video", "volume": "a scan"}
_LABELS = {"image": "a mask", "volume": "a label map"}
_WEIGHTS = (".safetensors", *SUFFIXES)


def is_known(path: Path) -> bool:
    """Whether a file's name says a kind that is examined."""
    return form(path) is not None or suffix(path) in _WEIGHTS


def examine(path: Path, where: str) -> tuple[str, Looked]:
    """What one file is, in words, and what there is to say of it; it need not exist."""
    known = form(path)
    closed = unreadable(path, where)
    if closed is not None and (closed.code != TEXT.code or known):
        kind = WORDS[known] if known else "a file"
        return (kind if path.exists() else "nothing"), Looked({}, [closed])
    if suffix(path) in _WEIGHTS:
        return "weights", weights.examine(path, where)
    if known is not None:
        looked = _EXAMINE[known](path, where)
        is_label = any(one.code.startswith("label-") for one in looked.findings) or "labels" in looked.facts
        return _LABELS.get(known, WORDS[known]) if is_label else WORDS[known], looked
    if dicom.is_dicom(path):
        return dicom.examine(path)
    return "a file of an unknown kind", Looked({}, [UNKNOWN.at(where, program_of(path))])
