"""Steadiness along the flow of a video."""

import numpy as np
import pytest
import torch

from segmem.evaluate.along import Along
from segmem.evaluate.opened import Seen
from segmem.metrics.dis import Dis

pytest.importorskip("cv2")
CLASSES = ("background", "tool")


def clip(frames: int = 5, shift: int = 3) -> list[tuple[torch.Tensor, np.ndarray]]:
    """Texture that moves to the right, and a square that moves with it."""
    rng = np.random.default_rng(0)
    ground = np.kron(rng.integers(0, 255, (3, 30, 40)), np.ones((1, 4, 4))).astype(np.uint8)
    mask = np.zeros((120, 160), np.uint8)
    mask[40:80, 50:90] = 1
    return [
        (torch.from_numpy(np.roll(ground, shift * t, axis=2).copy()), np.roll(mask, shift * t, axis=1))
        for t in range(frames)
    ]


def along(
    predicted: list[np.ndarray | None], truth: list[np.ndarray | None], as_released: bool = False
) -> Along:
    measured = Along(CLASSES, Dis("fast"), as_released)
    for t, (picture, _) in enumerate(clip(len(predicted))):
        measured.add(Seen(t, picture, truth[t], predicted[t]))
    return measured


def test_a_prediction_that_moves_with_the_picture_is_steady_one_that_flickers_is_not() -> None:
    right = [mask for _, mask in clip()]
    flickers = [mask * (t % 2) for t, mask in enumerate(right)]
    steady, shaky = along(right, right), along(flickers, right)
    values = {row.metric: row.value for row in steady.rows("c", 25)}
    (name,) = [metric for metric in values if metric.endswith("25 fps)")]
    assert name.startswith("TC (DIS fast, OpenCV ")
    assert values[name] == values[f"{name} of truth"] > 0.97
    assert values[f"{name} gap"] == 0
    assert values["flicker"] < 0.03

    bad = {row.metric: row.value for row in shaky.rows("c", 25)}
    assert bad[name] < 0.1
    assert bad[f"{name} of truth"] == values[name]
    assert bad[f"{name} gap"] > 0.8
    assert bad["flicker"] > 0.9


def test_truth_between_which_frames_lie_says_nothing_of_the_flow() -> None:
    right = [mask for _, mask in clip()]
    sparse = [right[0], None, right[2], None, right[4]]
    rows = along(right, sparse).rows("c", 25)
    assert {row.metric.endswith("of truth") for row in rows if row.metric.startswith("TC")} == {False}


def test_a_frame_without_a_prediction_ends_it_with_a_reason() -> None:
    right = [mask for _, mask in clip()]
    measured = along([right[0], None, *right[2:]], right)
    assert measured.rows("c", 25) == []
    assert "frame 1 has no prediction" in measured.why


def test_the_released_number_is_worse_for_the_same_steady_masks() -> None:
    right = [mask for _, mask in clip(shift=3)]
    rows = along(right, right, as_released=True).rows("c", 25)
    values = {row.metric: row.value for row in rows}
    name = next(metric for metric in values if metric.endswith("25 fps)"))
    assert values["released_tmam_tc"] < 0.9 * values[name]
