import numpy as np

from segmem.doctor.voxels import examine
from sick import STRAIGHT, codes, of, voxels


def test_a_plain_scan_gives_no_finding():
    assert examine(voxels(), STRAIGHT, "a") == []


def test_numbers_that_are_none_are_counted():
    array = voxels().astype(np.float32)
    array[0, 0, 0], array[1, 1, 1] = np.nan, np.inf
    assert "2 of 210 voxels" in of(examine(array, STRAIGHT, "a"), "scan-not-finite").what
    assert codes(examine(np.full((2, 2, 2), np.nan), STRAIGHT, "a")) == {"scan-not-finite"}


def test_a_constant_scan_is_told_with_its_value():
    assert "7" in of(examine(np.full((3, 3, 3), 7), STRAIGHT, "a"), "scan-constant").what


def test_slices_of_padding_are_counted_along_the_frames():
    array = voxels()
    array[:, :, 3:] = 0
    assert "2 of 5 slices (3, 4)" in of(examine(array, STRAIGHT, "a"), "scan-padding-slices").what
