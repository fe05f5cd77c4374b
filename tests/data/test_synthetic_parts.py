"""Parts drawn with soft edges, checked on rectangles."""

import numpy as np
import pytest

from segmem.data.synthetic_parts import Part, Pose, cast, draw


@pytest.fixture
def bar() -> Part:
    """Two long, one wide, white."""
    half = np.full(8, 0.5, np.float32)
    return Part(2.0, -half, half, np.ones((4, 4, 3), np.float32), np.ones(4, np.float32), label=2)


def test_an_upright_part_covers_its_rectangle(bar: Part) -> None:
    picture, labels = np.zeros((40, 60, 3), np.float32), np.zeros((40, 60), np.uint8)

    draw(bar, Pose(10, 20, (1, 0), scale=10), picture, labels)

    rows, columns = np.nonzero(labels == 2)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (15, 25, 10, 30)
    assert picture[20, 20].tolist() == [1, 1, 1]
    assert picture[20, 33].tolist() == [0, 0, 0]
    assert 0 < picture[15, 20, 0] < 1  # the edge is soft


def test_a_turned_part_covers_the_same_area(bar: Part) -> None:
    picture, labels = np.zeros((80, 80, 3), np.float32), np.zeros((80, 80), np.uint8)

    draw(bar, Pose(30, 30, (0.6, 0.8), scale=12), picture, labels)

    assert (labels == 2).sum() == pytest.approx(2 * 12 * 12, rel=0.08)


def test_a_part_outside_of_the_frame_touches_nothing(bar: Part) -> None:
    picture, labels = np.zeros((20, 20, 3), np.float32), np.zeros((20, 20), np.uint8)

    draw(bar, Pose(500, 20, (1, 0), scale=10), picture, labels)
    cast(bar, Pose(-500, 20, (1, 0), scale=10), picture, 0.5, 2)

    assert not picture.any()
    assert not labels.any()


def test_a_part_half_outside_is_cut_at_the_border(bar: Part) -> None:
    picture, labels = np.zeros((40, 20, 3), np.float32), np.zeros((40, 20), np.uint8)

    draw(bar, Pose(10, 20, (1, 0), scale=10), picture, labels)

    assert (labels[20, 10:] == 2).all()
    assert (labels[20, :10] == 0).all()


def test_a_shadow_darkens_inside_and_labels_nothing(bar: Part) -> None:
    picture = np.ones((40, 60, 3), np.float32)

    cast(bar, Pose(10, 20, (1, 0), scale=10), picture, strength=0.5, soft=1)

    assert picture[20, 20, 0] == pytest.approx(0.5)
    assert picture[20, 50, 0] == 1


def test_a_joint_is_carried_by_its_parent() -> None:
    parent = Pose(10, 20, (0, 1), scale=5)
    child = parent.jointed(2, 0, np.pi / 2)

    assert (child.x, child.y) == pytest.approx((10, 30))
    assert child.along == pytest.approx((-1, 0))
