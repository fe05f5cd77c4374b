from pathlib import Path

import numpy as np
import pytest

from dicom_made import AXIAL, positions, ramp, write_enhanced
from segmem.core.errors import GeometryError
from segmem.io.dicom.grid import grid_of
from segmem.io.dicom.header import Frame, read_frames


@pytest.fixture
def path(tmp_path):
    """A file that states a thickness of 2.5 mm."""
    return write_enhanced(tmp_path / "e.dcm", ramp(2), positions(2), (1, 1))


def frames(places, orientation=AXIAL):
    return [
        Frame(Path("e"), i, "1", 0, tuple(map(float, place)), orientation, (0.8, 0.7))
        for i, place in enumerate(places)
    ]


def test_frames_of_one_slice_share_it_and_slices_left_out_keep_their_room(path):
    at, count, geometry = grid_of(path, frames(positions(6)[[0, 4, 1, 1, 5]]), (12, 10))
    assert (at, count) == ([0, 4, 1, 1, 5], 6)
    assert geometry.spacing_mm == pytest.approx((2.5, 0.8, 0.7))
    assert geometry.size == (12, 10)


def test_the_stated_step_decides_where_only_every_other_slice_is_there(path):
    at, count, geometry = grid_of(path, frames(positions(5)[[0, 2, 4]]), (12, 10))
    assert (at, count) == ([0, 2, 4], 5)
    assert np.asarray(geometry.affine)[2, 2] == pytest.approx(2.5)


def test_a_stated_thickness_that_does_not_fit_is_no_step(path):
    at, count, geometry = grid_of(path, frames(positions(3, (0, 0, 1.8))), (12, 10))
    assert (at, count) == ([0, 1, 2], 3)
    assert geometry.spacing_mm[0] == pytest.approx(1.8)


def test_one_frame_is_as_thick_as_the_file_says(path):
    at, count, geometry = grid_of(path, frames(positions(1)), (12, 10))
    assert (at, count, geometry.spacing_mm[0]) == ([0], 1, 2.5)


def test_frames_without_a_place_or_turned_apart_lie_on_no_grid(path):
    with pytest.raises(GeometryError, match="on no grid"):
        grid_of(path, [Frame(Path("e"), 0, "1", 0)], (12, 10))
    turned = [*frames(positions(1)), *frames(positions(1), (0.0, 1.0, 0.0, 0.0, 0.0, -1.0))]
    turned[1] = Frame(Path("e"), 1, "1", 0, (0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0, 0.0, -1.0), (0.8, 0.7))
    with pytest.raises(GeometryError, match="on no grid"):
        grid_of(path, turned, (12, 10))
    assert read_frames(path) is not None
