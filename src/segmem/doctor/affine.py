"""What an affine says of a scan: sheared, oblique, steps of a doubtful size."""

import numpy as np
from numpy.typing import NDArray

from segmem.doctor.finding import Code, Finding

SHEARED = Code(
    "scan-sheared",
    "warning",
    "The axes of the voxels are not at right angles, as of a tilted gantry.",
    "Programs that keep spacing and directions alone lose the shear, and distances along an axis are no longer mm.",
    "Resample it onto a straight grid before training, and use .nii.gz: it is the format that keeps shear.",
)
OBLIQUE = Code(
    "scan-oblique",
    "note",
    "The scan is turned against the patient's axes.",
    "Spacing is then the length of the affine's columns, never its diagonal. segmem keeps the affine as it is.",
    "Nothing. Other programs that read the diagonal would be wrong.",
)
ONES = Code(
    "scan-spacing-ones",
    "note",
    "Every step is exactly 1 mm.",
    "That is what programs write that have lost the spacing. Distances in mm are wrong if they did.",
    "Compare with the source; nothing where the scan was resampled to 1 mm.",
)
UNIT = Code(
    "scan-spacing-unit",
    "warning",
    "The steps are of a size that suggests another unit than millimetres.",
    "Distances, surface scores and the order of slices rest on millimetres.",
    "If they are metres multiply the affine by 1000, if micrometres by 0.001, and save it again.",
)
ANISOTROPIC = Code(
    "scan-anisotropic",
    "note",
    "One step is at least ten times another.",
    "It may be a wrong header. A true one is read slice by slice along the coarse axis.",
    "Compare with the source.",
)
_STRAIGHT = 1e-3  # cosine between two axes
_OBLIQUE = 1e-3
_ANISOTROPY = 10.0
_METRES = 0.02  # mm: no scan of a patient is so fine along all axes
_MICRONS = 50.0


def examine(affine: NDArray[np.float64], where: str) -> list[Finding]:
    """Findings of a (4, 4) file index -> world affine in mm, which a reader has found to be sound."""
    steps = np.linalg.norm(affine[:3, :3], axis=0)
    return [*_of_steps(steps, where), *_of_angles(affine[:3, :3], steps, where)]


def _of_steps(steps: NDArray[np.float64], where: str) -> list[Finding]:
    told = " x ".join(f"{step:.6g}" for step in steps)
    found = []
    if (steps == 1.0).all():
        found.append(ONES.at(where, "the steps are 1 x 1 x 1"))
    if steps.max() < _METRES:
        found.append(UNIT.at(where, f"the steps are {told}: metres, where mm are meant?"))
    if steps.min() > _MICRONS:
        found.append(UNIT.at(where, f"the steps are {told}: micrometres, where mm are meant?"))
    ratio = float(steps.max() / steps.min())
    if ratio >= _ANISOTROPY:
        found.append(ANISOTROPIC.at(where, f"the steps are {told} mm, {ratio:.3g} to 1"))
    return found


def _of_angles(linear: NDArray[np.float64], steps: NDArray[np.float64], where: str) -> list[Finding]:
    unit = linear / steps
    cosines = np.abs(unit.T @ unit - np.eye(3))
    if cosines.max() > _STRAIGHT:
        first, second = sorted(int(i) for i in np.unravel_index(int(cosines.argmax()), (3, 3)))
        angle = float(np.degrees(np.arccos(min(1.0, cosines.max()))))
        return [SHEARED.at(where, f"axes {first} and {second} of the file meet at {angle:.4g} degrees")]
    along = np.abs(unit).max(axis=0)
    if along.min() < 1 - _OBLIQUE:
        angle = float(np.degrees(np.arccos(along.min())))
        return [OBLIQUE.at(where, f"it is turned by up to {angle:.3g} degrees")]
    return []
