"""Which of a NIfTI header's two affines is used, and when neither can be."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmem.core.errors import GeometryError

_AGREE_MM = 1e-2
_TO_DO = "Set one, for example with nibabel: image.set_sform(affine, code=1)."


def chosen_affine(path: Path, header: Any) -> NDArray[np.float64]:
    """The sform where its code is set and it is sound, else the qform likewise; (4, 4) file index -> mm.

    Where both codes are 0 the voxel sizes alone are used, axes taken as right, anterior, superior's
    mirror as nibabel does, with a warning.

    Raises:
        GeometryError: neither is sound.
    """
    sform, qform = forms(header)
    has_sform, has_qform = int(header["sform_code"]) > 0, int(header["qform_code"]) > 0
    if has_sform and sound(sform):
        if has_qform and sound(qform):
            _say_if_apart(path, sform, qform)
        return sform
    if has_qform and sound(qform):
        if has_sform:
            warnings.warn(
                f"{path}: the sform is singular (code {int(header['sform_code'])}), the qform"
                f" (code {int(header['qform_code'])}) is used.",
                stacklevel=2,
            )
        return qform
    if not has_sform and not has_qform and sound(header.get_base_affine()):
        warnings.warn(
            f"{path} states no orientation (sform and qform codes are 0); its voxel sizes are used.",
            stacklevel=2,
        )
        return np.asarray(header.get_base_affine(), dtype=np.float64)
    raise GeometryError(f"{path}: neither its sform nor its qform is a valid affine. {_TO_DO}")


def forms(header: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The sform and the qform (4, 4), as the header states them; NaN where a quaternion is none."""
    return _sform(header), _qform(header)


def sound(affine: NDArray[np.float64]) -> bool:
    """Whether an affine is finite and gives every voxel a place of its own."""
    linear = affine[:3, :3]
    if not np.isfinite(affine).all():
        return False
    steps = np.linalg.norm(linear, axis=0)
    return bool(steps.min() > 0 and abs(np.linalg.det(linear / steps)) > 1e-4)


def _sform(header: Any) -> NDArray[np.float64]:
    return np.asarray(header.get_sform(), dtype=np.float64)


def _qform(header: Any) -> NDArray[np.float64]:
    from nibabel.spatialimages import HeaderDataError

    try:
        return np.asarray(header.get_qform(), dtype=np.float64)
    except (HeaderDataError, ValueError):  # a quaternion longer than one
        return np.full((4, 4), np.nan)


def _say_if_apart(path: Path, sform: NDArray[np.float64], qform: NDArray[np.float64]) -> None:
    apart = float(np.abs(sform - qform).max())
    if apart > _AGREE_MM:
        warnings.warn(
            f"{path}: sform and qform differ by up to {apart:.3g} mm; the sform is used.", stacklevel=3
        )
