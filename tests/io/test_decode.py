from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from segmem.io.decode import Pictures, display_matrix, upright

ONE = 1 << 16


def marked() -> np.ndarray:
    """Four pixels, all different, three across and two down for a shape that shows a turn."""
    return np.arange(6, dtype=np.uint8).reshape(2, 3, 1).repeat(3, axis=2)


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        (None, [[0, 1, 2], [3, 4, 5]]),
        ((ONE, 0, 0, ONE), [[0, 1, 2], [3, 4, 5]]),
        ((0, ONE, -ONE, 0), [[3, 0], [4, 1], [5, 2]]),  # a quarter turn clockwise
        ((-ONE, 0, 0, -ONE), [[5, 4, 3], [2, 1, 0]]),
        ((0, -ONE, ONE, 0), [[2, 5], [1, 4], [0, 3]]),
        ((-ONE, 0, 0, ONE), [[2, 1, 0], [5, 4, 3]]),  # mirrored
    ],
)
def test_a_picture_is_turned_as_its_matrix_says(
    matrix: tuple[int, int, int, int] | None, expected: list[list[int]]
) -> None:
    assert upright(marked(), matrix)[..., 0].tolist() == expected


def test_pictures_and_packets_are_counted(make_video: Callable[..., Path]) -> None:
    path = make_video("a.mkv", [np.full((8, 10, 3), value, np.uint8) for value in (0, 100, 200)])
    with av.open(str(path)) as container:
        pictures = Pictures(container)
        values = [int(picture[0, 0, 0]) for picture in pictures]
    assert (values, pictures.good, pictures.bad, pictures.packets) == ([0, 100, 200], 3, 0, 3)
    assert pictures.end == pytest.approx(3 / 25, abs=1e-3)


def test_a_file_without_rotation_has_no_matrix(make_video: Callable[..., Path]) -> None:
    path = make_video("a.mkv", [np.zeros((8, 10, 3), np.uint8)])
    with av.open(str(path)) as container:
        assert display_matrix(next(container.decode(video=0))) is None
