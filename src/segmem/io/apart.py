"""How far apart an image's grid and its label map's are, in words: the axis, the millimetres, and the likely reason."""

from itertools import product

import numpy as np
from numpy.typing import NDArray

from segmem.core import Geometry
from segmem.io.orientation import world_axes

TOLERANCE_MM = 1e-3
"""Two affines that differ by no more are taken for one."""
WORLD = ("right (R)", "anterior (A)", "superior (S)")
_MIRROR = np.diag([-1.0, -1.0, 1.0, 1.0])
Affine = NDArray[np.float64]


def off(image: Affine, label: Affine) -> float:
    """The largest difference of two affines (4, 4)."""
    return float(np.abs(image - label).max())


def corners_apart(image: Affine, label: Affine, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """(3,) mm along R, A and S at the worst corner of a scan of `shape`."""
    corners = np.array([[*corner, 1] for corner in product(*((0, side - 1) for side in shape))], dtype=float)
    apart: NDArray[np.float64] = np.abs(corners @ (image - label).T)[:, :3].max(axis=0)
    return apart


def told(image: Affine, label: Affine, shape: tuple[int, ...]) -> str:
    """Such as `3 mm along right (R); the origins differ`, the worst axis first."""
    apart = corners_apart(image, label, shape)
    axes = ", ".join(
        f"{apart[axis]:.3g} mm along {WORLD[axis]}" for axis in np.argsort(-apart) if apart[axis]
    )
    return f"{axes}{_because(image, label)}"


def sizes_told(geometry: Geometry, image: tuple[int, ...], label: tuple[int, ...]) -> str:
    """Where sizes (T, H, W) on one scan's axes differ: which axis, how many voxels, how many mm."""
    worlds, steps = world_axes(geometry), geometry.spacing_mm or (1.0, 1.0, 1.0)
    return "; ".join(
        f"along {WORLD[world]} the scan has {a} voxels ({a * step:.4g} mm), the label map {b} ({b * step:.4g} mm)"
        for world, step, a, b in zip(worlds, steps, image, label, strict=True)
        if a != b
    )


def _because(image: Affine, label: Affine) -> str:
    """The most likely reason."""
    if np.allclose(_MIRROR @ image, label, atol=TOLERANCE_MM):
        return "; left-posterior (ITK) was taken for right-anterior (NIfTI)"
    steps, other = (np.linalg.norm(affine[:3, :3], axis=0) for affine in (image, label))
    if not np.allclose(steps, other, rtol=1e-3):
        axis = int(np.argmax(np.abs(steps - other) / np.maximum(steps, 1e-9)))
        return f"; the step of axis {axis} is {steps[axis]:.4g} and {other[axis]:.4g} mm"
    if np.allclose(image[:3, :3], label[:3, :3], atol=TOLERANCE_MM):
        return "; the origins differ"
    return "; the directions differ"
