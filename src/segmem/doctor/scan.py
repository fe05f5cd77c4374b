"""A scan in one file (NIfTI, NRRD, MHA): what its header says, then its voxels."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmem.core.errors import SegmemError
from segmem.doctor import affine as affines
from segmem.doctor import header_text, label_values, nifti_forms, voxels
from segmem.doctor.finding import Finding, Looked
from segmem.doctor.names import is_label
from segmem.doctor.reading import refused, unreadable
from segmem.io.formats import suffix
from segmem.io.orientation import spacing


class Scan:
    """A scan as its file has it, or the reasons why it cannot be had.

    Attributes:
        array: (file axes) values in the file's own units; None where it was refused.
        affine: (4, 4) file index -> world (R, A, S) in mm; None likewise.
        findings: so far.
    """

    def __init__(self, path: Path, where: str) -> None:
        self.path, self.where = path, where
        self.array: NDArray[Any] | None = None
        self.affine: NDArray[np.float64] | None = None
        self.header: Any = nifti_forms.header_of(path) if suffix(path) in (".nii", ".nii.gz") else None
        self.findings: list[Finding] = []
        if (closed := unreadable(path, where)) is not None:
            self.findings.append(closed)
            return
        if self.header is not None:
            self.findings += nifti_forms.examine(self.header, where)
        self._read()
        if self.header is not None or suffix(path) in (".nrrd", ".mha"):
            self.findings += _texts(path, where, self.header)

    def _read(self) -> None:
        from segmem.io.volume import read_array

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the findings say the same
                self.array, self.affine = read_array(self.path)
        except SegmemError as error:
            if not any(one.severity == "fault" for one in self.findings):
                self.findings.append(refused(error, self.path, self.where))


def examine(path: Path, where: str, label: bool | None = None) -> Looked:
    """Facts and findings of a scan or label map; `label` says which, None looks at names and values."""
    scan = Scan(path, where)
    return Looked(facts(scan, label), [*scan.findings, *of_array(scan, label)])


def of_array(scan: Scan, label: bool | None = None) -> list[Finding]:
    """What can be said once the voxels are there."""
    if scan.array is None or scan.affine is None:
        return []
    found = affines.examine(scan.affine, scan.where)
    if _labelled(scan, label):
        return [*found, *label_values.examine(scan.array, scan.where)]
    return [*found, *voxels.examine(scan.array, scan.affine, scan.where)]


def facts(scan: Scan, label: bool | None = None) -> dict[str, Any]:
    """Plain facts of what could be read."""
    if scan.array is None or scan.affine is None:
        return {"format": suffix(scan.path).lstrip(".")}
    told: dict[str, Any] = {
        "format": suffix(scan.path).lstrip("."),
        "shape": list(scan.array.shape),
        "spacing_mm": [round(float(step), 6) for step in spacing(scan.affine)],
        "values": str(scan.array.dtype),
    }
    if _labelled(scan, label):
        found, counts = np.unique(scan.array, return_counts=True)
        if len(found) <= label_values.FEW:
            told["labels"] = {f"{v:g}": int(n) for v, n in zip(found.tolist(), counts, strict=True)}
    else:
        finite = scan.array[np.isfinite(scan.array)] if scan.array.dtype.kind == "f" else scan.array
        told["range"] = [float(finite.min()), float(finite.max())] if finite.size else []
    return told


def _labelled(scan: Scan, label: bool | None) -> bool:
    if label is not None:
        return label
    return scan.array is not None and (is_label(scan.path) or label_values.looks_labelled(scan.array))


def _texts(path: Path, where: str, header: Any) -> list[Finding]:
    try:
        return header_text.examine(path, where, header)
    except (OSError, ImportError):  # the reader has said why
        return []
