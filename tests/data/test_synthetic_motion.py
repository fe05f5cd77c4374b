"""Paths of instruments through a fixed port."""

import numpy as np
import pytest

from segmem.data.synthetic_motion import make_motion

SIZE = (100, 140)


@pytest.mark.parametrize("side", range(4))
def test_the_port_is_outside_of_the_frame_on_its_side(side: int) -> None:
    x, y = make_motion(np.random.default_rng(side), 10, SIZE, side, leaves=0).pivot

    assert [x < 0, y < 0, x > SIZE[1], y > SIZE[0]][side]


def test_a_tool_that_does_not_leave_stays_in_the_frame() -> None:
    for seed in range(10):
        path = make_motion(np.random.default_rng(seed), 80, SIZE, seed % 4, leaves=0)
        assert 0 < path.x.min() <= path.x.max() < SIZE[1]
        assert 0 < path.y.min() <= path.y.max() < SIZE[0]


def test_a_tool_that_leaves_is_out_of_sight_and_comes_back() -> None:
    path = make_motion(np.random.default_rng(3), 200, SIZE, 2, leaves=1)
    inside = path.x < SIZE[1]

    assert not inside.all()
    assert inside.mean() > 0.4


def test_no_frame_jumps() -> None:
    for seed in range(10):
        path = make_motion(np.random.default_rng(seed), 80, SIZE, 0, leaves=0)
        assert np.hypot(np.diff(path.x), np.diff(path.y)).max() < 0.08 * SIZE[1]
        assert np.abs(np.diff(path.opening)).max() < 0.15
        assert path.opening.min() > 0


def test_the_axis_points_back_to_the_port() -> None:
    path = make_motion(np.random.default_rng(1), 5, SIZE, 1, leaves=0)
    pose = path.pose(2, 12.0)
    far = np.hypot(path.pivot[0] - pose.x, path.pivot[1] - pose.y)

    assert pose.at(far / 12.0, 0) == pytest.approx(path.pivot, abs=1e-3)
