import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmem.core import Geometry, Prompt
from segmem.core.errors import PromptError
from segmem.io.orientation import scan_geometry, turn
from segmem.io.world import to_world
from segmem.predict.prompt_world import placed
from segmem.predict.said import Said

LENGTH, ROWS, COLUMNS = 6, 40, 50


def pencil() -> Geometry:
    """x grows by 2 mm from -10, y by 3 mm from 20, slices by 9 mm from 30."""
    affine = np.diag([2.0, 3.0, 9.0, 1.0])
    affine[:3, 3] = (-10, 20, 30)
    return scan_geometry(affine, turn(affine), (ROWS, COLUMNS), {})


def turned(angle: float, tilt: float, steps: tuple[float, float, float], signs: tuple[int, ...]) -> Geometry:
    """A scan of the same size, oblique by less than 40 degrees about two axes, its file mirrored by `signs`."""
    c, s, d, t = math.cos(angle), math.sin(angle), math.cos(tilt), math.sin(tilt)
    affine = np.eye(4)
    about = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ np.array([[1, 0, 0], [0, d, -t], [0, t, d]])
    affine[:3, :3] = about @ np.diag(np.array(steps) * signs)
    affine[:3, 3] = (-31.4, 15.9, 265.3)
    return scan_geometry(affine, turn(affine), (ROWS, COLUMNS), {})


SCANS = st.builds(
    turned,
    st.floats(-0.6, 0.6),
    st.floats(-0.6, 0.6),
    st.tuples(*[st.floats(0.3, 5.0)] * 3),
    st.tuples(*[st.sampled_from([-1, 1])] * 3),
)
PLACES = st.tuples(st.integers(0, LENGTH - 1), st.floats(0, ROWS - 1), st.floats(0, COLUMNS - 1))


def mm(geometry: Geometry, *voxels: tuple[float, float, float]) -> tuple[float, ...]:
    return tuple(to_world(voxels, geometry, LENGTH).ravel().tolist())


@given(SCANS, PLACES, st.sampled_from([0, 1]))
def test_a_point_in_millimetres_comes_back_as_its_slice_and_pixel(geometry, place, label):
    found = placed(Said("p", object=7, points=((*mm(geometry, place), label),)), geometry, LENGTH)
    ((x, y, kept),) = found[0].points
    assert (found[0].frame, found[0].object, kept) == (place[0], 7, label)
    assert (x, y) == pytest.approx((place[2], place[1]), abs=1e-6)


@given(SCANS, PLACES, PLACES, st.permutations([0, 1]))
def test_a_box_in_millimetres_comes_back_whichever_corner_is_first(geometry, one, other, order):
    corners = [mm(geometry, one), mm(geometry, other)]
    (found,) = placed(Said("b", box=corners[order[0]] + corners[order[1]]), geometry, LENGTH)
    assert abs(found.frame - (one[0] + other[0]) / 2) <= 0.5 + 1e-6
    x, y = sorted((one[2], other[2])), sorted((one[1], other[1]))
    assert found.box == pytest.approx((x[0], y[0], x[1], y[1]), abs=1e-6)


def test_by_pencil():
    said = Said("said", points=((-6, 26, 49, 1),), box=(0, 50, 30, 10, 20, 66))
    assert placed(said, pencil(), LENGTH) == [
        Prompt(2, 1, points=((2, 2, 1),)),  # (-6 + 10) / 2, (26 - 20) / 3, (49 - 30) / 9 = 2.1
        Prompt(2, 1, box=(5, 0, 10, 10)),  # slices 0 to 4
    ]


def test_the_outer_half_of_an_outermost_voxel_is_still_in_it():
    edge = Said("e", points=((-11, 18.5, 25.5, 1),))
    assert placed(edge, pencil(), LENGTH) == [Prompt(0, 1, points=((0, 0, 1),))]


def test_a_place_outside_is_named_in_millimetres_and_in_pixels():
    with pytest.raises(PromptError, match="50 x 40 pixels, 6 slices") as refused:
        placed(Said("--point 500,26,48,+", points=((500, 26, 48, 1),)), pencil(), LENGTH)
    assert "--point 500,26,48,+: 500,26,48 mm is outside the scan, at column 255.0" in str(refused.value)
    assert "LPS" not in str(refused.value)


def test_the_other_convention_of_signs_is_guessed():
    with pytest.raises(PromptError, match="negate the first two if they are LPS"):
        placed(Said("p", points=((-20, -50, 48, 1),)), pencil(), LENGTH)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (Said("p", points=((1, 2, 1),)), "3 numbers where 4 are needed with --world: x,y,z,label"),
        (Said("b", box=(1, 2, 3, 4)), "4 numbers where 6 are needed with --world: x0,y0,z0,x1,y1,z1"),
        (Said("p", points=((math.nan, 2, 3, 1),)), "not finite"),
        (Said("b", box=(1, 2, 3, 4, math.inf, 6)), "not finite"),
        (Said("p", frame=3, points=((-6, 26, 48, 1),)), "lies on slice 2, not on 3"),
    ],
)
def test_what_cannot_be_meant_is_refused(said, words):
    with pytest.raises(PromptError, match=words):
        placed(said, pencil(), LENGTH)


def test_the_slice_may_be_said_again():
    said = Said("p", points=((-6, 26, 48, 1),))
    assert placed(replace(said, frame=2), pencil(), LENGTH) == placed(said, pencil(), LENGTH)
