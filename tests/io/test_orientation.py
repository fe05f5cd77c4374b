from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmem.core import Geometry
from segmem.core.errors import GeometryError
from segmem.io.orientation import Turn, file_array, scan_clip, spacing, turn, world_axes

STEPS = st.tuples(*[st.floats(0.3, 8.0)] * 3)


def placed(order: tuple[int, ...], signs: tuple[int, ...], steps: tuple[float, ...]) -> np.ndarray:
    """An affine whose file axis i runs along world axis order[i]."""
    affine = np.eye(4)
    affine[:3, :3] = 0
    for axis, (world, sign, step) in enumerate(zip(order, signs, steps, strict=True)):
        affine[world, axis] = sign * step
    return affine


@given(st.permutations([0, 1, 2]), st.tuples(*[st.sampled_from([-1, 1])] * 3), STEPS)
def test_every_axis_of_the_clip_increases_in_the_world(
    order: list[int], signs: tuple[int, ...], steps: tuple[float, ...]
) -> None:
    affine = placed(tuple(order), signs, steps)
    how = turn(affine)
    worlds = [order[axis] for axis in how.axes]
    assert worlds[1:] == sorted(worlds[1:], reverse=True)  # columns along the lower one
    for axis, back in zip(how.axes, how.flipped, strict=True):
        assert (signs[axis] < 0) == back


def test_all_48_orientations_of_one_body_give_the_same_frames() -> None:
    body = np.arange(2 * 3 * 4).reshape(2, 3, 4)  # along R, A, S
    for order, signs in product(permutations(range(3)), product([-1, 1], repeat=3)):
        stored = body.transpose(order)[tuple(slice(None, None, sign) for sign in signs)]
        frames = turn(placed(order, signs, (1, 1, 1))).to_frames(stored)
        assert np.array_equal(frames, body.transpose(2, 1, 0))


@pytest.mark.parametrize(
    ("steps", "frame"),
    [
        ((1, 1, 1), 2),
        ((1, 1, 5), 2),
        ((5, 1, 1), 0),
        ((1, 5, 1), 1),
        ((1.4, 1, 1), 2),
        ((1.5, 1, 1), 0),
        ((5, 1, 4), 2),
    ],
)
def test_frames_run_along_a_clearly_coarsest_axis_else_along_s(steps: tuple[float, ...], frame: int) -> None:
    assert turn(placed((0, 1, 2), (1, 1, 1), steps)).axes[0] == frame


@given(st.permutations([0, 1, 2]), st.tuples(st.booleans(), st.booleans(), st.booleans()))
def test_a_turn_is_undone_exactly(order: list[int], flipped: tuple[bool, bool, bool]) -> None:
    array = np.arange(2 * 3 * 5).reshape(2, 3, 5)
    how = Turn((order[0], order[1], order[2]), flipped)
    assert np.array_equal(how.to_file(how.to_frames(array)), array)


def test_spacing_is_the_length_of_the_columns_of_an_oblique_affine() -> None:
    affine = np.eye(4)
    affine[:3, :3] = [[3, 0, 0], [4, 1, 0], [0, 0, 2]]
    assert spacing(affine).tolist() == [5, 1, 2]


def test_a_clip_carries_spacing_affine_and_the_way_back() -> None:
    array = np.arange(2 * 3 * 4, dtype=np.int16).reshape(2, 3, 4)
    clip = scan_clip("a", array, np.diag([-1.0, 2.0, 9.0, 1.0]), {"format": "x"})
    geometry = clip.geometry
    assert tuple(clip.frames.shape) == (4, 1, 3, 2)
    assert (geometry.spacing_mm, geometry.axes, geometry.flipped) == (
        (9, 2, 1),
        (2, 1, 0),
        (False, False, True),
    )
    assert geometry.affine is not None
    assert geometry.affine[0] == (-1.0, 0.0, 0.0, 0.0)
    assert np.array_equal(file_array(clip.frames[:, 0].byte(), geometry), array)


@given(st.permutations([0, 1, 2]), st.tuples(*[st.sampled_from([-1, 1])] * 3), STEPS)
def test_the_world_axes_of_a_clip_are_those_its_frames_run_along(order, signs, steps):
    clip = scan_clip("s", np.zeros((2, 3, 4), np.float32), placed(tuple(order), signs, steps), {})
    worlds = world_axes(clip.geometry)
    for axis, world in enumerate(worlds):
        assert order[clip.geometry.axes[axis]] == world


def test_pictures_have_no_world_axes():
    with pytest.raises(GeometryError, match="no axes in the world"):
        world_axes(Geometry("video", (4, 4)))
