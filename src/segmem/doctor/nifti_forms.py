"""What a NIfTI header says of its two affines, its axes and its units."""

import warnings
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from segmem.doctor.finding import Code, Finding
from segmem.doctor.reading import FOUR_D, TOO_BIG
from segmem.io.inflate import UNREADABLE, unpacked
from segmem.io.nifti_affine import forms, sound
from segmem.io.volume import MAX_BYTES

SFORM_SINGULAR = Code(
    "nifti-sform-singular",
    "warning",
    "The sform is set but singular; the qform is valid.",
    "Programs that trust the sform put every voxel in one place. segmem uses the qform, and says so.",
    "Take the copy that --fix writes, with the qform in the sform's place.",
    fixable=True,
)
NO_AFFINE = Code(
    "nifti-no-affine",
    "fault",
    "Neither the sform nor the qform is a valid affine.",
    "The file does not say where its voxels lie, nor how large they are.",
    "Set one from the source, for example with nibabel: image.set_sform(affine, code=1).",
)
DISAGREE = Code(
    "nifti-forms-disagree",
    "warning",
    "The sform and the qform place the voxels differently.",
    "Programs choose differently, so the same file lies in two places. segmem takes the sform.",
    "Find out which is right and set both to it.",
)
NO_CODE = Code(
    "nifti-no-orientation",
    "warning",
    "The sform and qform codes are both 0.",
    "Left and right are not known. segmem uses the voxel sizes alone, and returns the file's header as it is.",
    "Set the orientation from the source.",
)
UNIT = Code(
    "nifti-unit",
    "warning",
    "The header's unit of length is not the millimetre.",
    "segmem, as most programs, takes the numbers for millimetres.",
    "Bring the affine to millimetres and set the unit, for example with nibabel: header.set_xyzt_units('mm').",
)
APART_MM = 1e-2
_HEAD = 1 << 20


def header_of(path: Path) -> Any:
    """The header with its extensions, as it is in the file; None where it cannot be read (the reader says why)."""
    import nibabel as nib
    from nibabel.spatialimages import HeaderDataError

    try:
        with unpacked(path) as stream:
            raw = stream.read(_HEAD)
        first: Any = nib.Nifti1Header
        form: Any = first if first.may_contain_header(raw[:348]) else nib.Nifti2Header
        if not form.may_contain_header(raw):
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of extensions out of the standard
            header = form.from_fileobj(BytesIO(raw), check=False)
    except (*UNREADABLE, ValueError, HeaderDataError):
        return None
    if abs(header["pixdim"][0]) != 1:  # the standard's rule for a sign that is not given
        header["pixdim"][0] = 1
    return header


def examine(header: Any, where: str) -> list[Finding]:
    """Findings of a NIfTI header."""
    return [*_of_shape(header, where), *_of_forms(header, where), *_of_unit(header, where)]


def _of_shape(header: Any, where: str) -> list[Finding]:
    shape = tuple(int(side) for side in header.get_data_shape())
    need = int(np.prod([*(max(side, 1) for side in shape), 4], dtype=object))
    if need > MAX_BYTES:
        return [TOO_BIG.at(where, f"its header says {shape}, which is {need / 1024**3:.1f} GiB")]
    if [side for side in shape[3:] if side > 1]:
        return [FOUR_D.at(where, f"its shape is {shape}")]
    return []


def _of_forms(header: Any, where: str) -> list[Finding]:
    sform, qform = forms(header)
    codes = int(header["sform_code"]), int(header["qform_code"])
    has_s, has_q = codes[0] > 0, codes[1] > 0
    if has_s and not sound(sform) and has_q and sound(qform):
        return [
            SFORM_SINGULAR.at(
                where, f"the sform (code {codes[0]}) is singular, the qform ({codes[1]}) is used"
            )
        ]
    if (has_s and sound(sform)) or (has_q and sound(qform)):
        apart = float(np.abs(sform - qform).max())
        if has_s and has_q and sound(qform) and apart > APART_MM:
            return [DISAGREE.at(where, f"they differ by up to {apart:.3g} mm")]
        return []
    if not has_s and not has_q and sound(header.get_base_affine()):
        return [NO_CODE.at(where, "both codes are 0")]
    steps = " x ".join(f"{step:g}" for step in header["pixdim"][1:4])
    told = f"the sform has code {codes[0]}, the qform {codes[1]}; neither is valid (voxel sizes {steps})"
    return [NO_AFFINE.at(where, told)]


def _of_unit(header: Any, where: str) -> list[Finding]:
    try:
        unit = header.get_xyzt_units()[0]
    except KeyError:
        return []
    return [] if unit in {"mm", "unknown"} else [UNIT.at(where, f"it says {unit}")]
