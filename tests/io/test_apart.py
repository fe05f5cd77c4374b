import numpy as np
import pytest

from scans import ball_clip
from segmem.io.apart import corners_apart, off, sizes_told, told

IMAGE = np.diag([1.0, 1.0, 2.0, 1.0])
SHAPE = (10, 10, 6)


def moved(**cells: float) -> np.ndarray:
    """IMAGE with cells such as `c03` set."""
    affine = IMAGE.copy()
    for name, value in cells.items():
        affine[int(name[1]), int(name[2])] = value
    return affine


@pytest.mark.parametrize(
    ("label", "words"),
    [
        (moved(c03=3.0), "3 mm along right (R); the origins differ"),
        (moved(c22=2.5), "2.5 mm along superior (S); the step of axis 2 is 2 and 2.5 mm"),
        (np.diag([-1.0, -1.0, 2.0, 1.0]), "left-posterior (ITK) was taken"),
        (moved(c01=0.02, c10=-0.02), "the directions differ"),
    ],
)
def test_the_axis_the_millimetres_and_the_reason_are_told(label, words):
    assert words in told(IMAGE, label, SHAPE)


def test_the_worst_corner_counts():
    assert corners_apart(IMAGE, moved(c22=2.5), SHAPE).tolist() == [0, 0, 2.5]
    assert off(IMAGE, moved(c22=2.5)) == 0.5


def test_sizes_are_told_in_voxels_and_millimetres():
    geometry = ball_clip(shape=(6, 5, 8), steps=(1.0, 1.0, 2.0)).geometry
    words = sizes_told(geometry, (8, 5, 6), (7, 5, 6))
    assert words == "along superior (S) the scan has 8 voxels (16 mm), the label map 7 (14 mm)"
