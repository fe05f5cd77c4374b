"""What a person should know of a series, from its headers alone."""

from collections.abc import Sequence

from segmem.core.errors import FormatError, GeometryError
from segmem.io.dicom.header import Header
from segmem.io.dicom.order import Problem
from segmem.io.dicom.series import Series
from segmem.io.dicom.syntax import can_decode, syntax_name

SCANS = frozenset({"CT", "MR", "PT", "NM", "RTDOSE"})
"""Modalities of which one slice is still a scan."""
_GRID = frozenset({"gap", "uneven", "duplicate", "mixed-orientation", "mixed-spacing", "no-position"})


def problems_of(headers: Sequence[Header], placed: bool, max_bytes: int) -> list[Problem]:
    """Of one series; `placed` where its frames make a stack. What is wrong with the stack is found in ordering it."""
    first, problems = headers[0], []
    frames = [frame for header in headers for frame in header.frames]
    if any(header.size != first.size for header in headers):
        sizes = sorted({header.size for header in headers})
        problems.append(Problem("mixed-size", f"images of several sizes (rows, columns): {sizes}", "refused"))
    if not placed and len(frames) > 1 and first.modality in SCANS:
        words = f"not all of the {len(frames)} images say where they lie, so they are not a scan"
        problems.append(Problem("no-position", words, "refused" if len(headers) > 1 else "note"))
    if first.modality in {"CT", "PT"} and any(frame.rescale is None for frame in frames):
        problems.append(Problem("no-rescale", f"{first.modality} without RescaleSlope: values are as stored"))
    if any(header.photometric == "MONOCHROME1" for header in headers):
        unit = placed and all(frame.rescale is not None for frame in frames)
        done = "values in a unit stay as they are" if unit else "they are inverted"
        problems.append(Problem("monochrome1", f"MONOCHROME1: low values are bright; {done}"))
    for syntax in sorted({h.syntax for h in headers if not can_decode(h.syntax)}):
        words = f"compressed as {syntax_name(syntax)}, for which no decoder is installed"
        problems.append(Problem("no-decoder", words, "refused"))
    if any(header.burned_in for header in headers):
        problems.append(Problem("burned-in", "text is burned into the pixels; it may name the patient"))
    held = len(frames) if placed else 1  # of a video one frame at a time
    need = held * first.size[0] * first.size[1] * 4
    if need > max_bytes:
        words = f"{need / 1024**3:.1f} GiB once decoded, above the limit of {max_bytes / 1024**3:.1f} GiB"
        problems.append(Problem("too-large", words, "refused"))
    return problems


def refuse(series: Series, name: str, allow_gaps: bool) -> None:
    """Of what the headers say, what stands against reading the series.

    Raises:
        GeometryError, FormatError: see `dicom.read.read_clip`.
    """
    wrong = [p for p in series.problems if p.weight == "refused" or (p.weight == "asks" and not allow_gaps)]
    if wrong:
        told = "; ".join(p.words + (f" ({p.where.rstrip('.')})" if p.where else "") for p in wrong)
        asks = all(problem.weight == "asks" for problem in wrong)
        hint = " Copy what is missing, or allow it with --allow-gaps." if asks else " Export the series anew."
        kind = GeometryError if {problem.code for problem in wrong} <= _GRID else FormatError
        raise kind(f"{name}: {told}.{hint}")
