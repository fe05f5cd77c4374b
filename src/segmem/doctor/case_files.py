"""The files of one labelled case: each by itself, and scans beside each other."""

from pathlib import Path

from segmem.data.cases import LabelledCase
from segmem.doctor import film, grids, picture, scan
from segmem.doctor.finding import Finding
from segmem.doctor.names import is_label
from segmem.io.formats import form

Spacing = tuple[float, ...] | None


def examine(root: Path, case: LabelledCase) -> tuple[list[Finding], Spacing]:
    """Findings of a case's files, and a scan's spacing in mm along its file's axes.

    The frames and masks of a video are many, and looked at when they are read; see `masks`.
    """
    if case.kind == "volume":
        return _scans(root, case)
    found: list[Finding] = []
    for path in case.files:
        kind = form(path)
        if kind == "video":
            found += film.examine(path, place(root, path)).findings
        elif kind == "image" and case.kind == "image":
            found += picture.examine(path, place(root, path), label=path in labels(case)).findings
    return found, None


def masks(root: Path, case: LabelledCase) -> list[Finding]:
    """Findings of each mask of a video, to say why it could not be read."""
    return [
        finding
        for path in case.files
        if form(path) == "image"
        for finding in picture.examine(path, place(root, path), label=path in labels(case)).findings
    ]


def labels(case: LabelledCase) -> tuple[Path, ...]:
    """Those of a case's files that hold labels."""
    if case.inputs:
        return tuple(path for path in case.files if path not in case.inputs)
    return tuple(path for path in case.files if is_label(path)) or case.files[-1:]


def place(root: Path, path: Path) -> str:
    """Where a file is, from the dataset's folder."""
    return str(path.relative_to(root)) if path.is_relative_to(root) else path.name


def _scans(root: Path, case: LabelledCase) -> tuple[list[Finding], Spacing]:
    files = [path for path in case.files if form(path) == "volume"]
    marked = labels(case)
    scans = [scan.Scan(path, place(root, path)) for path in files]
    found = [one for each in scans for one in [*each.findings, *scan.of_array(each, each.path in marked)]]
    first = next((one for one in scans if one.path not in marked), None)
    if first is None or first.array is None or first.affine is None:
        return found, None
    for other in scans:
        if other is not first and other.array is not None and other.affine is not None:
            snaps = other.path in marked and grids.image_of(other.path, root) == first.path
            found += grids.compare_shapes(
                first.array.shape, other.array.shape, other.where
            ) or grids.compare_affines(first.affine, other.affine, first.array.shape, other.where, snaps)
    return found, tuple(scan.facts(first)["spacing_mm"])
