import numpy as np

from segmem.io.blend import blend, contour, strip
from segmem.io.palette import PALETTE


def square() -> np.ndarray:
    labels = np.zeros((12, 14), np.uint8)
    labels[2:9, 3:10] = 2
    return labels


def test_background_and_the_picture_given_are_untouched() -> None:
    rgb = np.random.default_rng(0).integers(0, 255, (12, 14, 3), dtype=np.uint8)
    before = rgb.copy()
    out = blend(rgb, square(), 0.5)
    assert np.array_equal(rgb, before)
    assert np.array_equal(out[square() == 0], rgb[square() == 0])
    assert not np.array_equal(out, rgb)


def test_the_contour_is_stronger_than_the_inside() -> None:
    out = blend(np.zeros((12, 14, 3), np.uint8), square(), 0.5).astype(float)
    colour = np.array(PALETTE[2])
    assert np.abs(out[5, 6] - 0.5 * colour).max() <= 1
    assert np.abs(out[2, 6] - 0.75 * colour).max() <= 1


def test_opacity_goes_from_the_bare_picture_to_the_full_colour() -> None:
    rgb = np.full((12, 14, 3), 77, np.uint8)
    assert blend(rgb, square(), 0.0)[5, 6].tolist() == [77, 77, 77]
    assert blend(rgb, square(), 1.0)[5, 6].tolist() == list(PALETTE[2])


def test_the_contour_is_the_labelled_side_of_each_border() -> None:
    edge = contour(square())
    assert int(edge.sum()) == 7 * 7 - 5 * 5
    assert not contour(np.ones((4, 4), np.uint8)).any()


def test_a_strip_sets_rows_under_each_other() -> None:
    picture = np.full((20, 40, 3), 9, np.uint8)
    sheet = strip([[picture, picture], [picture]], height=10)
    assert sheet.size == (44, 24)
    assert [sheet.getpixel(at) for at in ((1, 1), (21, 1), (30, 20))] == [
        (9, 9, 9),
        (255, 255, 255),
        (255, 255, 255),
    ]
