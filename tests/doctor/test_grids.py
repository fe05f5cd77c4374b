import numpy as np
import pytest

from segmem.doctor.grids import compare_affines, compare_shapes, image_of
from sick import nifti, of

GRID = np.diag([1.0, 1.0, 3.0, 1.0])
SHAPE = (10, 20, 5)


def changed(**places: float) -> np.ndarray:
    affine = GRID.copy()
    for place, value in places.items():
        affine[int(place[1]), int(place[2])] = value
    return affine


def test_one_grid_gives_no_finding():
    assert compare_shapes(SHAPE, SHAPE, "a") == []
    assert compare_affines(GRID, GRID.copy(), SHAPE, "a") == []


@pytest.mark.parametrize(
    ("label", "told"),
    [
        ((10, 20, 4), "along axis 2 the image has 5, the label map 4"),
        ((20, 10, 5), "transposed"),
        ((10, 20), "the label map (10, 20)"),
    ],
)
def test_another_size_is_named_by_axis(label, told):
    assert told in of(compare_shapes(SHAPE, label, "a"), "grid-shape").what


def test_noise_in_the_direction_is_accepted_with_a_note():
    found = of(compare_affines(GRID, changed(p01=1e-8), SHAPE, "a"), "grid-noise")
    assert found.severity == "note"


@pytest.mark.parametrize(
    ("affine", "told"),
    [
        (changed(p23=4.0), "4 mm along superior (S); the origins differ"),
        (changed(p22=3.5), "2 mm along superior (S); the step of axis 2 is 3 and 3.5 mm"),
        (np.diag([-1.0, -1.0, 3.0, 1.0]), "ITK"),
        (changed(p01=0.1), "1.9 mm along right (R)"),
    ],
)
def test_another_place_is_told_by_axis_and_mm(affine, told):
    assert told in of(compare_affines(GRID, affine, SHAPE, "a"), "grid-apart").what


def test_the_image_of_a_label_map_is_the_one_of_its_name_in_the_folder_beside(tmp_path):
    image = nifti(tmp_path / "images" / "c_1.nii.gz")
    nifti(tmp_path / "images" / "c_10.nii.gz")
    label = nifti(tmp_path / "labels" / "c_1.nii.gz")
    assert image_of(label, tmp_path) == image
    assert image_of(label, tmp_path / "labels") is None
