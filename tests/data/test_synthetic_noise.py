"""Smooth fields and curves."""

import numpy as np
import pytest

from segmem.data.synthetic_noise import box_blur, curve, field, fractal, sample, spline, step


def test_a_spline_through_equal_values_is_flat() -> None:
    assert np.allclose(spline(np.full((5, 3), 2, np.float32), 17, 0), 2)
    assert spline(np.full((5, 3), 2, np.float32), 17, 0).shape == (17, 3)


def test_a_spline_through_a_ramp_is_a_ramp() -> None:
    out = spline(np.arange(6, dtype=np.float32), 30, 0)

    assert np.allclose(np.diff(out), 0.1, atol=1e-5)


def test_fields_are_centred_and_smoother_when_their_cell_is_larger() -> None:
    rng = np.random.default_rng(0)
    fine, coarse = field(rng, (120, 160), 4), field(rng, (120, 160), 30)

    assert fine.shape == coarse.shape == (120, 160)
    assert abs(float(fine.mean())) < 0.1
    assert np.abs(np.diff(fine, axis=1)).mean() > 4 * np.abs(np.diff(coarse, axis=1)).mean()


def test_octaves_add_detail() -> None:
    one = fractal(np.random.default_rng(1), (64, 64), 32, 1)
    four = fractal(np.random.default_rng(1), (64, 64), 32, 4)

    assert np.abs(np.diff(four)).mean() > np.abs(np.diff(one)).mean()


@pytest.mark.parametrize("n", [1, 2, 60])
def test_a_curve_stays_in_its_range_and_has_its_length(n: int) -> None:
    out = curve(np.random.default_rng(2), n, 15, -3, 5)

    assert out.shape == (n,)
    assert out.min() >= -3
    assert out.max() <= 5


def test_a_curve_moves_slowly() -> None:
    out = curve(np.random.default_rng(3), 200, 20, 0, 1)

    assert np.abs(np.diff(out)).max() < 0.12
    assert np.ptp(out) > 0.3


def test_a_step_goes_from_nought_to_one() -> None:
    assert step(np.array([-1, 0, 1, 2, 3], np.float32), 0, 2).tolist() == [0, 0, 0.5, 1, 1]


def test_sampling_between_pixels_is_linear_and_the_border_is_repeated() -> None:
    image = np.array([[0, 1], [2, 3]], np.float32)

    assert sample(image, np.array([0.5]), np.array([0.5]))[0] == pytest.approx(1.5)
    assert sample(image, np.array([-9.0]), np.array([9.0]))[0] == pytest.approx(1, abs=0.01)


def test_a_box_blur_is_the_mean_of_the_neighbours() -> None:
    line = np.array([0, 0, 3, 0, 0, 6], np.float32)

    assert box_blur(line, 1, 0).tolist() == [0, 1, 1, 1, 2, 4]
    assert box_blur(line, 0, 0) is line
