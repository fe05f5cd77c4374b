"""Whole instruments: what they are made of and where their classes lie."""

import numpy as np

from segmem.data.synthetic_instrument import MANIPULATOR, SHAFT, make_instrument
from segmem.data.synthetic_parts import Pose


def painted(seed: int, opening: float = 0.3) -> np.ndarray:
    picture, labels = np.zeros((200, 300, 3), np.float32), np.zeros((200, 300), np.uint8)
    tool = make_instrument(np.random.default_rng(seed))
    tool.paint(Pose(150, 100, (1, 0), scale=30), 0.0, opening, picture, labels, shadow=0)
    assert ((picture.sum(axis=2) > 0) >= (labels > 0)).all()
    return labels


def test_every_tool_has_a_shaft_behind_and_a_manipulator_before_its_joint() -> None:
    for seed in range(20):
        labels = painted(seed)
        assert (labels == SHAFT).any()
        assert (labels == MANIPULATOR).any()
        columns = {c: np.nonzero(labels == c)[1].mean() for c in (SHAFT, MANIPULATOR)}
        assert columns[MANIPULATOR] < 150 < columns[SHAFT]


def test_the_manipulator_is_one_to_four_shaft_widths_long() -> None:
    lengths = [np.ptp(np.nonzero(painted(seed) == MANIPULATOR)[1]) / 30 for seed in range(30)]

    assert min(lengths) > 0.7
    assert max(lengths) < 4
    assert 1 < np.mean(lengths) < 2.5


def test_opening_the_jaws_widens_the_tip() -> None:
    def height(opening: float) -> float:
        return float(np.mean([np.ptp(np.nonzero(painted(s, opening) == MANIPULATOR)[0]) for s in range(12)]))

    assert height(0.8) > height(0.05) + 5


def test_the_shaft_is_dark_in_some_tools_and_bright_in_others() -> None:
    tones = [make_instrument(np.random.default_rng(s)).shaft.surface[200:].mean() for s in range(30)]

    assert min(tones) < 0.25
    assert max(tones) > 0.5
