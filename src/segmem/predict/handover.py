"""Labels of a DICOM scan as DICOM again: the DICOM-SEG and RTSTRUCT that were asked for."""

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from segmem.io.case import Case
from segmem.io.formats import case_name, suffix
from segmem.io.outputs import remove, staged
from segmem.predict.request import Request
from segmem.predict.targets import DICOM, require_scan

if TYPE_CHECKING:
    from segmem.core import Labels
    from segmem.io.dicom.source import Maker
    from segmem.predict.job import Job


def require_dicom(request: Request, cases: Sequence[Case]) -> None:
    """Raise UsageError where DICOM should be written of what is none."""
    for option, wanted in (("--seg", request.seg), ("--rtstruct", request.rtstruct)):
        for case in cases if wanted else ():
            require_scan(case, option)


def also(request: Request, out: Path) -> list[Path]:
    """What is written beside the labels `out`, as `scan.seg.dcm` and `scan.rtstruct.dcm`."""
    wanted = {"seg": request.seg and suffix(out) != DICOM, "rtstruct": request.rtstruct}
    return [out.with_name(f"{case_name(out)}.{what}{DICOM}") for what, asked in wanted.items() if asked]


def hand_over(job: "Job", labels: "Labels", out: Path) -> None:
    """Write what was asked for beside the labels `out`; each file appears when it is whole.

    Raises:
        FormatError: the images do not say enough.
        MissingExtraError: highdicom is not installed.
    """
    for path in also(job.request, out):
        remove(path)  # of an earlier run: it would not be about these labels
        with staged(path, folder=False) as half:
            write_dicom(job, labels, half, rtstruct=path.name.endswith(f".rtstruct{DICOM}"))


def write_dicom(job: "Job", labels: "Labels", path: Path, rtstruct: bool = False) -> None:
    """One file."""
    from segmem.io.dicom.rtstruct_write import write_rtstruct
    from segmem.io.dicom.seg_write import write_seg

    (write_rtstruct if rtstruct else write_seg)(labels, path, _maker(job))


def _maker(job: "Job") -> "Maker":
    from segmem.io.dicom.source import Maker

    names = dict(enumerate(job.classes)) if not job.model.prompted else {}
    names.pop(0, None)
    return Maker(job.name, version("segmem"), job.sha256, names, job.request.deidentify)
