from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmem.core import Geometry
from segmem.core.errors import GeometryError
from segmem.io.orientation import scan_geometry, turn
from segmem.io.world import from_world, to_world

SHAPES = st.tuples(*[st.integers(1, 40)] * 3)


@st.composite
def affines(draw: st.DrawFn) -> np.ndarray:
    """Any sound affine: turned about any axes, mirrored, with steps of its own and somewhere else."""
    a, b, c = (draw(st.floats(-np.pi, np.pi)) for _ in range(3))
    about_z = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    about_y = np.array([[np.cos(c), 0, np.sin(c)], [0, 1, 0], [-np.sin(c), 0, np.cos(c)]])
    steps = [draw(st.floats(0.2, 8.0)) * draw(st.sampled_from([-1, 1])) for _ in range(3)]
    affine = np.eye(4)
    affine[:3, :3] = about_z @ about_x @ about_y @ np.diag(steps)
    affine[:3, 3] = [draw(st.floats(-500, 500)) for _ in range(3)]
    return affine


def read_as(affine: np.ndarray, shape: tuple[int, int, int]) -> tuple[Geometry, int]:
    """The geometry, and the number of slices, of a scan of this shape on the file's own axes."""
    how = turn(affine)
    length, rows, columns = (shape[axis] for axis in how.axes)
    return scan_geometry(affine, how, (rows, columns), {}), length


@given(affines(), SHAPES, st.tuples(*[st.floats(-0.5, 1.5)] * 3))
def test_any_place_comes_back_to_itself(affine, shape, share):
    geometry, length = read_as(affine, shape)
    voxel = np.array(share) * (length, *geometry.size)
    back = from_world(to_world(voxel, geometry, length), geometry, length)
    assert np.abs(back - voxel).max() < 1e-8


@given(affines(), SHAPES, st.tuples(*[st.floats(0, 1, exclude_max=True)] * 3))
def test_a_voxel_lies_where_the_file_s_own_affine_says(affine, shape, share):
    geometry, length = read_as(affine, shape)
    voxel = tuple(int(s * n) for s, n in zip(share, (length, *geometry.size), strict=True))
    stored = np.indices(shape).transpose(1, 2, 3, 0)  # each voxel of the file holds its own index
    how = turn(affine)
    frames = np.stack([how.to_frames(stored[..., axis]) for axis in range(3)], axis=-1)
    world = affine[:3, :3] @ frames[voxel] + affine[:3, 3]
    assert np.allclose(to_world([voxel], geometry, length), world, atol=1e-8)
    assert np.array_equal(np.rint(from_world([world], geometry, length)), [voxel])


def test_by_pencil_a_scan_whose_first_axis_runs_to_the_left():
    affine = np.diag([-2.0, 3.0, 9.0, 1.0])
    affine[:3, 3] = (10, 20, 30)
    geometry, length = read_as(affine, (4, 5, 6))
    assert (length, geometry.size) == (6, (5, 4))
    # slice 2 is at 30 + 2 * 9; row 1 at 20 + 3; column 0 is the file's last, 10 - 3 * 2
    assert to_world([(2, 1, 0)], geometry, length).tolist() == [[4, 23, 48]]
    assert from_world([(4, 23, 48)], geometry, length).tolist() == [[2, 1, 0]]


def test_all_48_orientations_of_one_body_give_the_same_voxel():
    for order, signs in product(permutations(range(3)), product([-1, 1], repeat=3)):
        affine = np.eye(4)
        affine[:3, :3] = 0
        for axis, (world, sign) in enumerate(zip(order, signs, strict=True)):
            affine[world, axis] = sign
            affine[world, 3] = 0 if sign > 0 else (4, 3, 2)[world] - 1  # the body begins at the origin
        shape = tuple((4, 3, 2)[world] for world in order)
        geometry, length = read_as(affine, shape)
        assert from_world([(3, 1, 0)], geometry, length).tolist() == [[0, 1, 3]]


def test_what_is_no_scan_has_no_millimetres():
    with pytest.raises(GeometryError, match="this is an image"):
        from_world([(0, 0, 0)], Geometry("image", (4, 4)), 1)
