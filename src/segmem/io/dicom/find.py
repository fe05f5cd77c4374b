"""DICOM series: what a file, a folder or a DICOMDIR holds, from headers alone, and one of them as a clip."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from segmem.core.clip import Kind
from segmem.core.errors import FormatError, InputError
from segmem.io.dicom.files import dicom_files, read_header
from segmem.io.dicom.header import Header, read_frames
from segmem.io.dicom.order import Problem, stack
from segmem.io.dicom.problems import SCANS, problems_of, refuse
from segmem.io.dicom.series import Series

if TYPE_CHECKING:
    from segmem.core import Clip, FrameSource

MAX_BYTES = 8 * 1024**3
_NO_IMAGE = frozenset({"SEG"})  # pictures that are label maps


def find_series(path: Path | Sequence[Path], *, max_bytes: int = MAX_BYTES) -> list[Series]:
    """Every series of images that `path` names, by modality and uid. Headers only: no pixel is read.

    Args:
        path: a file, a folder (with all below it), a DICOMDIR, or files.
        max_bytes: a series that needs more once decoded has the problem `too-large`.

    Raises:
        InputError: nothing is there, or nothing in it is DICOM.
        FormatError: nothing in it is an image, or the one file is damaged.
        MissingExtraError: pydicom is not installed.
    """
    files = dicom_files(path) if isinstance(path, Path) else list(path)
    groups: dict[tuple[str, object], list[Header]] = {}
    others: list[Path] = []
    damaged: list[Problem] = []
    for file in files:
        header = _header(file, damaged if len(files) > 1 else None)
        if header is None or header.modality in _NO_IMAGE:
            others.append(file)
            continue
        groups.setdefault((header.series, file if _by_itself(header) else None), []).append(header)
    if not groups:
        raise FormatError(_no_image(path, others))
    found = [_series(headers, max_bytes, damaged) for headers in groups.values()]
    return sorted(found, key=lambda one: (one.modality, one.uid, str(one.files[0])))


def read_series(series: Series, name: str, *, allow_gaps: bool = False, max_bytes: int = MAX_BYTES) -> "Clip":
    """A series as a clip; see `dicom.read.read_clip`."""
    from segmem.io.dicom.read import read_clip  # brings torch

    return read_clip(series, name, allow_gaps=allow_gaps, max_bytes=max_bytes)


def open_series(
    series: Series, name: str, start: int = 0, *, allow_gaps: bool = False, max_bytes: int = MAX_BYTES
) -> "FrameSource":
    """A video from frame `start` on, decoded as it is needed; anything else whole, as `read_series` gives it.

    Raises:
        GeometryError, FormatError: see `dicom.read.read_clip`.
    """
    if series.kind != "video":
        return read_series(series, name, allow_gaps=allow_gaps, max_bytes=max_bytes)
    from segmem.io.dicom.read import warn
    from segmem.io.dicom.video import DicomVideo

    refuse(series, name, allow_gaps)
    warn(series, name)
    return DicomVideo(series, name, start)


def _header(file: Path, damaged: list[Problem] | None) -> Header | None:
    """Of one file. Of several a damaged one is noted and passed over."""
    try:
        return read_frames(file)
    except FormatError as error:
        if damaged is None:
            raise
        damaged.append(Problem("damaged-file", "a file is damaged and left out", "asks", str(error)))
        return None


def _by_itself(header: Header) -> bool:
    """Whether a file is a stack, a video or a picture that no other file of its series belongs to."""
    placed = header.frames[0].position_mm is not None
    return len(header.frames) > 1 or (not placed and header.modality not in SCANS)


def _no_image(path: Path | Sequence[Path], others: list[Path]) -> str:
    what = _what(others[0]) if others else "damaged"
    if isinstance(path, Path) and path.is_file() and len(others) == 1:
        return f"{path} is {what}, which is no image to segment. Name the images that it belongs to."
    place = path if isinstance(path, Path) else "What was named"
    return (
        f"{place}: no image to segment in {len(others)} DICOM files (the first is {what}). Name the images."
    )


def _what(path: Path) -> str:
    """What a file without a picture is, in DICOM's own words."""
    try:
        dataset = read_header(path, ("SOPClassUID", "Modality"))
        uid = dataset.get("SOPClassUID")
    except (FormatError, InputError):
        return "damaged"
    said = str(getattr(uid, "name", "") or dataset.get("Modality") or "")
    return f"a DICOM object of class {said}" if said else "a DICOM object without pixels"


def _series(headers: list[Header], max_bytes: int, damaged: list[Problem]) -> Series:
    first = headers[0]
    frames = [frame for header in headers for frame in header.frames]
    found = None if first.samples > 1 else stack(frames, first.thickness_mm)
    if found is not None and len(frames) == 1 and first.modality not in SCANS:
        found = None
    kind: Kind = "volume" if found else "video" if len(first.frames) > 1 else "image"
    in_order = found.frames if found else tuple(sorted(frames, key=lambda f: (f.order, f.path, f.number)))
    return Series(
        uid=first.series,
        description=first.words,
        modality=first.modality,
        kind=kind,
        frames=in_order,
        shape=(len(frames), *first.size),
        samples=first.samples,
        affine=found.affine if found else None,
        spacing_mm=found.spacing_mm if found else None,
        fps=first.fps if kind == "video" else None,
        photometric=first.photometric,
        problems=(
            *(found.problems if found else ()),
            *problems_of(headers, found is not None, max_bytes),
            *damaged,
        ),
    )
