"""The layout of ACDC as released: `patient001/patient001_frame01.nii.gz` beside `..._frame01_gt.nii.gz` and Info.cfg.

Written to the challenge's published description (Bernard et al. 2018). The whole cycle, `..._4d.nii.gz`, has no labels
and is passed over. Predictions and files share their names; a patient's two phases are one group.
"""

import re
from pathlib import Path

from segmem.core.errors import FormatError, InputError
from segmem.data.cases import LabelledCase
from segmem.data.grouping import group_of
from segmem.data.recognition import Recognition, counted
from segmem.data.scans import scan_case

CLASSES = ("background", "right ventricle", "myocardium", "left ventricle")
CHANNEL = "cine MR"
PATIENT = r"^(patient\d+)"
TRUTH = re.compile(r"(patient\d+_frame(\d+))_gt\.nii(\.gz)?")
INFO = "Info.cfg"


def _patients(root: Path) -> list[Path]:
    near = [root, *root.glob("*/"), *root.glob("*/*/")]
    return sorted({folder for folder in near if re.fullmatch(r"patient\d+", folder.resolve().name)})


def _truths(folder: Path) -> list[tuple[Path, re.Match[str]]]:
    return [(path, found) for path in sorted(folder.iterdir()) if (found := TRUTH.fullmatch(path.name))]


def recognises(root: Path) -> Recognition:
    """Whether `root`, or folders in it or below, are patients with labelled frames."""
    patients = _patients(root)
    labelled = [folder for folder in patients if _truths(folder)]
    if labelled:
        return Recognition(f"{counted(len(labelled), 'folder')} patientNNN with patientNNN_frameNN_gt.nii.gz")
    lacks = "has folders patientNNN, but no patientNNN_frameNN_gt.nii.gz in them" if patients else ""
    return Recognition(lacks=lacks)


def classes(_root: Path) -> dict[int, str]:
    """Label value to name."""
    return dict(enumerate(CLASSES))


def cases(root: Path, group: str | None) -> list[LabelledCase]:
    """Two cases a patient, at end-diastole and end-systole; the patient is the group unless a pattern says more.

    Raises:
        InputError: a label map has no image.
        FormatError: labels are of another frame than Info.cfg calls ED or ES.
    """
    return [
        _case(folder, path, found, group) for folder in _patients(root) for path, found in _truths(folder)
    ]


def phases(folder: Path) -> dict[int, str]:
    """Frame number to `ED` or `ES`, from a patient's Info.cfg; empty where there is no such file."""
    path = folder / INFO
    if not path.is_file():
        return {}
    pairs = (line.partition(":") for line in path.read_text(encoding="utf-8", errors="replace").splitlines())
    said = {key.strip(): value.strip() for key, _, value in pairs}
    return {int(said[phase]): phase for phase in ("ED", "ES") if said.get(phase, "").isdecimal()}


def _case(folder: Path, label: Path, found: re.Match[str], group: str | None) -> LabelledCase:
    name, number, known = found[1], int(found[2]), phases(folder)
    if known and number not in known:
        said = ", ".join(f"{phase} is frame {frame}" for frame, phase in sorted(known.items()))
        raise FormatError(
            f"{label}: {INFO} says {said}; labels of frame {number} belong to neither. Check both."
        )
    image = label.with_name(label.name.replace("_gt.nii", ".nii"))
    if not image.is_file():
        raise InputError(f"{label}: its image {image.name} is missing. Copy it beside the label map.")
    return scan_case(name, group_of(name, group or PATIENT), (image,), label, (CHANNEL,))
