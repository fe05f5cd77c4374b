from pathlib import Path

import numpy as np
import pytest

from dicom_made import AXIAL, positions
from segmem.io.dicom.header import Frame
from segmem.io.dicom.order import along_normal, at_one_place, stack

OBLIQUE = (0.8, 0.6, 0.0, -0.36, 0.48, 0.8)


def frames(places, orientation=AXIAL, pixel_mm=(0.8, 0.7)):
    return [
        Frame(Path(f"{i}"), 0, str(i), 0, tuple(float(x) for x in place), orientation, pixel_mm)
        for i, place in enumerate(places)
    ]


def codes(found):
    return [problem.code for problem in found.problems]


def test_the_affine_places_every_voxel_where_dicom_says():
    normal = np.cross(OBLIQUE[:3], OBLIQUE[3:])
    places = positions(5, 3 * normal)
    found = stack(frames(places, OBLIQUE)[::-1], None)
    for k, (i, j) in enumerate([(0, 0), (3, 1), (0, 7), (2, 2), (9, 9)]):
        lps = places[k] + i * 0.7 * np.array(OBLIQUE[:3]) + j * 0.8 * np.array(OBLIQUE[3:])
        ras = np.asarray(found.affine) @ (i, j, k, 1)
        assert np.allclose(ras[:3], lps * (-1, -1, 1), atol=1e-9)
    assert found.spacing_mm == pytest.approx((3, 0.8, 0.7))
    assert codes(found) == []


def test_a_tilted_gantry_keeps_its_shear():
    places = positions(4, (0, 0.9, 2.5))
    found = stack(frames(places), None)
    assert codes(found) == ["tilt"] and "19.8 degrees" in found.problems[0].words
    last = np.asarray(found.affine) @ (0, 0, 3, 1)
    assert np.allclose(last[:3], places[3] * (-1, -1, 1))


def test_a_gap_leaves_the_usual_step_and_says_where_it_is():
    places = positions(6)[[0, 1, 2, 4, 5]]
    found = stack(frames(places), None)
    assert codes(found) == ["gap"]
    assert "5.00 mm at 35.00 mm (between slices 3 and 4)" in found.problems[0].words
    assert found.spacing_mm[0] == 2.5
    assert found.problems[0].weight == "asks"


def test_a_gap_is_found_among_three_slices():
    assert codes(stack(frames(positions(4)[[0, 1, 3]]), None)) == ["gap"]


def test_uneven_steps_are_said_and_digits_lost_in_writing_are_not():
    even = positions(6)
    assert codes(stack(frames(even + [[0, 0, 0.004 * (i % 2)] for i in range(6)]), None)) == []
    assert codes(stack(frames(even + [[0, 0, 0.4 * (i % 2)] for i in range(6)]), None)) == ["uneven"]


def test_copies_are_said_and_found_again():
    found = stack(frames(positions(4)[[0, 1, 1, 2]]), None)
    assert codes(found) == ["duplicate"]
    assert at_one_place(found.frames) == [False, False, True, False]
    assert along_normal(found.frames) == [30.0, 32.5, 32.5, 35.0]


def test_a_series_in_time_is_never_a_stack():
    found = stack(frames(positions(1).repeat(5, axis=0)), None)
    assert [(p.code, p.weight) for p in found.problems] == [("duplicate", "refused")]


def test_several_orientations_are_never_a_stack():
    mixed = [*frames(positions(2)), *frames(positions(1), (0.0, 1.0, 0.0, 0.0, 0.0, -1.0))]
    assert [(p.code, p.weight) for p in stack(mixed, None).problems] == [("mixed-orientation", "refused")]


def test_one_slice_is_as_thick_as_it_says():
    assert stack(frames(positions(1)), 4.0).spacing_mm[0] == 4.0
    assert codes(stack(frames(positions(1)), None)) == ["no-thickness"]


def test_a_frame_without_a_place_or_with_an_impossible_turn_makes_no_stack():
    assert stack([*frames(positions(2)), Frame(Path("x"), 0, "x", 0)], None) is None
    assert stack(frames(positions(2), (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)), None) is None
    assert stack(frames(positions(2), (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)), None) is None
    assert stack(frames(positions(2), pixel_mm=(0.0, 0.7)), None) is None
    assert stack(frames(positions(2, first=(0, 0, 1e9))), None) is None


def test_pixels_of_two_sizes_are_never_a_stack():
    both = [*frames(positions(1)), *frames(positions(1, first=(-10, -20, 40)), pixel_mm=(0.5, 0.5))]
    assert "mixed-spacing" in codes(stack(both, None))
