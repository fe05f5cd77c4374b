"""Whether a label map lies on its image's grid, and if not, along which axis and by how many mm."""

from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segmem.doctor.finding import Code, Finding
from segmem.doctor.names import is_label
from segmem.io.formats import case_name

SHAPE = Code(
    "grid-shape",
    "fault",
    "An image and its label map have different sizes.",
    "Which pixel a label belongs to is then a guess. Order in the array is never taken for it.",
    "Resample the label map onto the image's grid (nearest neighbour), or save it again unturned.",
)
APART = Code(
    "grid-apart",
    "fault",
    "An image and its label map do not lie in the same place.",
    "The label of a voxel would be taken from another one.",
    "Resample the label map onto the image's grid, or correct the header that is wrong.",
)
NOISE = Code(
    "grid-noise",
    "note",
    "The affines of image and label map differ by rounding.",
    "segmem takes them for one grid; stricter programs refuse the pair.",
    "Nothing, or take the label map that --fix writes, with the image's affine.",
    fixable=True,
)
TOLERANCE_MM = 1e-3
"""As `io.volume` takes two affines for one."""
_WORLD = ("right (R)", "anterior (A)", "superior (S)")
_MIRROR = np.diag([-1.0, -1.0, 1.0, 1.0])
Shape = tuple[int, ...]
Affine = NDArray[np.float64]


def compare_shapes(image: Shape, label: Shape, where: str) -> list[Finding]:
    """A finding where the sizes differ, naming the axis."""
    if image == label:
        return []
    if sorted(image) == sorted(label):
        return [SHAPE.at(where, f"the image is {image}, the label map {label}: was it saved transposed?")]
    if len(image) != len(label):
        return [SHAPE.at(where, f"the image is {image}, the label map {label}")]
    axes = [
        f"along axis {axis} the image has {a}, the label map {b}"
        for axis, (a, b) in enumerate(zip(image, label, strict=True))
        if a != b
    ]
    return [SHAPE.at(where, "; ".join(axes))]


def compare_affines(
    image: Affine, label: Affine, shape: Shape, where: str, fix: bool = False
) -> list[Finding]:
    """A finding where (4, 4) affines of a scan of `shape` differ, with the axis and mm at the worst corner."""
    off = float(np.abs(image - label).max())
    if off == 0:
        return []
    corners = np.array([[*corner, 1] for corner in product(*((0, side - 1) for side in shape))], dtype=float)
    apart = np.abs(corners @ (image - label).T)[:, :3].max(axis=0)
    if off <= TOLERANCE_MM:
        told = f"they differ by {off:.2g}, at most {apart.max():.2g} mm in the scan"
        return [NOISE.at(where, told, fix)]
    axes = ", ".join(
        f"{apart[axis]:.3g} mm along {_WORLD[axis]}" for axis in np.argsort(-apart) if apart[axis]
    )
    return [APART.at(where, f"{axes}{_because(image, label)}")]


def image_of(label: Path, root: Path) -> Path | None:
    """The NIfTI image of the same name beside a label map's folder, up to `root`."""
    for folder in (label.parent.parent, label.parent):
        if not folder.is_relative_to(root):
            continue
        for path in sorted(folder.glob(f"*/{case_name(label)}*.nii*")):
            own = case_name(path).removesuffix("_0000") == case_name(label)
            if own and path.is_file() and not is_label(path):
                return path
    return None


def _because(image: Affine, label: Affine) -> str:
    """The most likely reason, in words."""
    if np.allclose(_MIRROR @ image, label, atol=TOLERANCE_MM):
        return "; left-posterior (ITK) was taken for right-anterior (NIfTI)"
    steps, other = (np.linalg.norm(affine[:3, :3], axis=0) for affine in (image, label))
    if not np.allclose(steps, other, rtol=1e-3):
        axis = int(np.argmax(np.abs(steps - other) / np.maximum(steps, 1e-9)))
        return f"; the step of axis {axis} is {steps[axis]:.4g} and {other[axis]:.4g} mm"
    if np.allclose(image[:3, :3], label[:3, :3], atol=TOLERANCE_MM):
        return "; the origins differ"
    return "; the directions differ"
