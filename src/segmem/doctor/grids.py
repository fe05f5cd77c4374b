"""Whether a label map lies on its image's grid, and if not, along which axis and by how many mm."""

from pathlib import Path

from segmem.doctor.finding import Code, Finding
from segmem.doctor.names import is_label
from segmem.io.apart import TOLERANCE_MM, Affine, corners_apart, off, told
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
Shape = tuple[int, ...]


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
    differ = off(image, label)
    if differ == 0:
        return []
    if differ <= TOLERANCE_MM:
        worst = corners_apart(image, label, shape).max()
        return [NOISE.at(where, f"they differ by {differ:.2g}, at most {worst:.2g} mm in the scan", fix)]
    return [APART.at(where, told(image, label, shape))]


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
