from math import isnan

import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from mask_pairs import MANY, mask_pairs
from segmem.metrics.davis import contour, outline, region


def square(size, top, left, side):
    mask = np.zeros((size, size), bool)
    mask[top : top + side, left : left + side] = True
    return mask


def test_region_is_intersection_over_union():
    # 4 x 4 squares, one pixel apart: 12 shared of 16 + 16 - 12
    assert region(square(10, 2, 2, 4), square(10, 2, 3, 4)) == 12 / 20


def test_two_empty_masks_score_nothing_unless_asked():
    empty = np.zeros((5, 5), bool)
    assert isnan(region(empty, empty))
    assert isnan(contour(empty, empty))
    assert region(empty, empty, both_empty=1) == contour(empty, empty, both_empty=1) == 1


def test_a_full_frame_is_like_a_full_one_and_unlike_an_empty_one():
    full, empty = np.ones((5, 5), bool), np.zeros((5, 5), bool)
    assert contour(full, full) == 1
    assert contour(full, empty) == contour(empty, full) == 0


def test_an_outline_missed_altogether_scores_nothing():
    assert contour(np.zeros((5, 5), bool), square(5, 1, 1, 2)) == 0
    assert contour(square(5, 1, 1, 2), np.zeros((5, 5), bool)) == 0


def test_the_outline_lies_left_of_and_above_where_the_mask_changes():
    mask = square(4, 1, 1, 2)
    drawn = ["###.", "#.#.", "###.", "...."]
    assert (outline(mask) == np.array([[c == "#" for c in row] for row in drawn])).all()


def test_a_mask_as_large_as_the_frame_has_no_outline():
    assert not outline(np.ones((6, 7), bool)).any()


@pytest.mark.parametrize(("shift", "expected"), [(1, 1.0), (0, 1.0)])
def test_within_the_tolerance_an_outline_is_right(shift, expected):
    # the diagonal of 100 x 100 is 141.4 pixels, 0.008 of it 1.13: rounded up, two pixels
    assert contour(square(100, 20, 20, 40), square(100, 20, 20 + shift, 40)) == expected


def test_beyond_the_tolerance_only_the_sides_along_the_shift_are_right():
    ours, theirs = square(100, 20, 20, 40), square(100, 20, 30, 40)
    found = contour(ours, theirs)
    # of about 160 outline pixels the two vertical sides (80) are wrong and 8 or so at the ends of the others
    assert 0.35 < found < 0.5


def test_f_weighs_precision_against_recall():
    one, two = square(60, 5, 5, 10), square(60, 5, 5, 10) | square(60, 40, 40, 10)
    assert contour(one, two) == pytest.approx(2 * 1 * 0.5 / 1.5)


def test_agrees_with_dilation_by_a_disc_on_a_thousand_masks() -> None:
    """As DAVIS itself does it; exactly, since both count pixels."""
    compared = 0
    for index, (found, truth, spacing) in enumerate(mask_pairs(2 * MANY)):
        if len(spacing) != 2 or not (found.any() and truth.any()):
            continue
        radius = 1 + index % 4
        place = np.arange(-radius, radius + 1)
        disc = place[:, None] ** 2 + place**2 <= radius**2
        ours, theirs = outline(found), outline(truth)
        if not (ours.any() and theirs.any()):
            continue
        precision = (ours & binary_dilation(theirs, disc)).sum() / ours.sum()
        recall = (theirs & binary_dilation(ours, disc)).sum() / theirs.sum()
        expected = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        assert contour(found, truth, tolerance=radius) == pytest.approx(expected, abs=1e-12)
        compared += 1
    assert compared > 0.85 * MANY
