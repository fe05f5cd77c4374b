from itertools import combinations

import numpy as np

from segmem.io.palette import PALETTE


def test_there_are_256_distinct_colours_and_the_first_is_black() -> None:
    assert (len(PALETTE), len(set(PALETTE)), PALETTE[0]) == (256, 256, (0, 0, 0))
    assert all(0 <= channel <= 255 for colour in PALETTE for channel in colour)


def test_the_first_ten_can_be_told_apart_without_red_and_green() -> None:
    """Seen with red and green merged into one channel, as a deuteranope roughly does."""
    seen = [np.array([0.3 * red + 0.7 * green, blue]) for red, green, blue in PALETTE[:11]]
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 15
