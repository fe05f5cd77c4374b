"""Small pieces of a scan's labels removed, where a person asked for it."""

import warnings

import numpy as np
from torch import Tensor

from segmem.core import Geometry
from segmem.ops.components import Pieces, keep_pieces
from segmem.predict.request import Request


def voxel_mm3(geometry: Geometry) -> float:
    """Of a scan's voxel, also where its axes are oblique or sheared."""
    return abs(float(np.linalg.det(np.asarray(geometry.affine)[:3, :3])))


def tidied(frames: Tensor, geometry: Geometry, request: Request, classes: tuple[str, ...]) -> Tensor:
    """Label maps (T, H, W) of a scan as they were asked for; the very same where nothing was.

    Where nothing is left of a class, that is warned of.
    """
    if request.min_volume_mm3 is None and not request.keep_largest:
        return frames
    kept, each = keep_pieces(frames, voxel_mm3(geometry), request.min_volume_mm3 or 0.0, request.keep_largest)
    for one in each:
        if one.kept == 0:
            warnings.warn(_gone(one, classes, request.min_volume_mm3 or 0.0), stacklevel=1)
    return kept


def _gone(one: Pieces, classes: tuple[str, ...], least_mm3: float) -> str:
    name = classes[one.value] if one.value < len(classes) else f"object {one.value}"
    return (
        f"{name}: the largest of {len(one.sizes_mm3)} pieces has {one.sizes_mm3[0] / 1000:.3g} ml, below the"
        f" --min-volume of {least_mm3 / 1000:.3g} ml, so nothing is left of it."
    )
