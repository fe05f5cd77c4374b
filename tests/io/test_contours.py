import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image, ImageDraw

from segmem.io.contours import filled, outlines

RING = np.array([[0, 1, 1, 1], [0, 1, 0, 1], [0, 1, 1, 1], [1, 0, 0, 0]], bool)


@settings(deadline=None, max_examples=60)
@given(arrays.arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12))))
def test_a_mask_comes_back_from_its_outlines_whole(mask):
    assert np.array_equal(filled(outlines(mask), mask.shape), mask)


def test_one_pixel_is_a_square_around_its_centre():
    mask = np.zeros((4, 5), bool)
    mask[2, 3] = True
    (loop,) = outlines(mask)
    assert sorted(map(tuple, loop)) == [(1.5, 2.5), (1.5, 3.5), (2.5, 2.5), (2.5, 3.5)]


def test_a_straight_side_has_no_corner_on_it():
    mask = np.ones((6, 9), bool)
    assert [len(loop) for loop in outlines(mask)] == [4]


def test_a_hole_is_part_of_the_outline_around_it():
    loops = outlines(RING)
    assert len(loops) == 2  # the ring with its hole, and the pixel that touches it at a corner
    assert np.array_equal(filled(loops, RING.shape), RING)


def test_no_corner_and_no_channel_meets_the_centre_of_a_pixel():
    for loop in outlines(RING):
        for here, there in zip(loop, np.roll(loop, -1, axis=0), strict=True):
            assert (here == there).any()  # along the grid
            assert ((here % 1) == 0.5).all()


def test_another_program_fills_the_outline_with_the_same_pixels():
    mask = np.zeros((20, 24), bool)
    mask[3:15, 4:20] = True
    mask[6:9, 7:12] = False
    mask[12:15, 4:8] = False
    scale = 8
    canvas = Image.new("1", (24 * scale, 20 * scale))
    for loop in outlines(mask):
        ImageDraw.Draw(canvas).polygon([((c + 0.5) * scale, (r + 0.5) * scale) for r, c in loop], fill=1)
    centres = np.asarray(canvas)[scale // 2 :: scale, scale // 2 :: scale]
    assert np.array_equal(centres, mask)


@pytest.mark.parametrize("size", [(0, 0), (1, 1), (3, 2)])
def test_nothing_has_no_outline(size):
    assert outlines(np.zeros(size, bool)) == []
    assert not filled([], size).any()


def test_a_slanted_line_counts_the_pixels_whose_centre_is_inside():
    triangle = np.array([(-0.5, -0.5), (4.5, -0.5), (4.5, 4.7), (-0.5, -0.3)])
    assert np.array_equal(
        filled([triangle], (5, 5)), np.tril(np.ones((5, 5), bool), -1) | np.eye(5, dtype=bool)
    )
