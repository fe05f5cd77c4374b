"""Backward flow, and what it marks as hidden, with an engine that knows the motion."""

import numpy as np
import pytest
import torch

from segmem.core.errors import GeometryError
from segmem.metrics.flow import agree, backward_flows, sources


class Known:
    """An engine that counts what it is asked: the flow is the difference of the frames' levels, along x."""

    name = "known"

    def __init__(self) -> None:
        self.made = 0

    def ready(self, frame: np.ndarray) -> np.ndarray:
        self.made += 1
        return frame[0].astype(np.float32)

    def step(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        return np.stack([end - start, np.zeros_like(start)], axis=2)


def levels(*values: int) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.uint8)[:, None, None, None].expand(-1, 3, 20, 30)


def test_the_flow_goes_from_each_frame_to_the_one_before() -> None:
    flows = list(backward_flows(levels(7, 5, 6), engine := Known()))

    assert [float(flow.step[0, 0, 0]) for flow in flows] == [2, -1]
    assert flows[0].valid[:, :28].all()
    assert not flows[0].valid[:, 28:].any()  # came from beyond the border
    assert engine.made == 3


def test_one_flow_for_every_frame_but_the_first() -> None:
    assert len(list(backward_flows(levels(1, 2, 3, 4), Known()))) == 3
    assert list(backward_flows(levels(1), Known())) == []
    assert list(backward_flows([], Known())) == []


def test_what_gets_covered_is_marked_hidden() -> None:
    """A still plane with a patch that has just covered part of it, by flows that know."""
    back, ahead = np.zeros((20, 30, 2), np.float32), np.zeros((20, 30, 2), np.float32)
    ahead[5:15, 10:20, 0] = 6  # the patch goes right by 6
    back[5:15, 16:26, 0] = -6  # where it is now
    valid = agree(back, ahead)

    assert not valid[5:15, 10:16].any()  # just uncovered: it was hidden behind the patch
    assert valid[5:15, 16:26].all()
    assert valid[:5].all()


def test_a_large_motion_may_be_less_exact_than_a_small_one() -> None:
    back, ahead = np.zeros((1, 60, 2), np.float32), np.zeros((1, 60, 2), np.float32)
    back[..., 0], ahead[..., 0] = -1.0, 0.0
    assert not agree(back, ahead).any()
    back[..., 0], ahead[..., 0] = -20.0, 19.0
    assert agree(back, ahead)[:, 20:].all()


def test_sources_take_the_nearest_pixel_and_know_the_border() -> None:
    step = np.zeros((1, 4, 2), np.float32)
    step[0, :, 0] = [-0.6, 0.4, 0.6, 1.0]
    place, inside = sources(step)

    assert place.tolist() == [[0, 1, 3, 3]]
    assert inside.tolist() == [[False, True, True, False]]

    down = np.zeros((3, 4, 2), np.float32)
    down[..., 1] = 1.2
    place, inside = sources(down)
    assert place.tolist() == [[4, 5, 6, 7], [8, 9, 10, 11], [8, 9, 10, 11]]
    assert inside.all(axis=1).tolist() == [True, True, False]


def test_frames_must_be_colour_bytes_of_one_size() -> None:
    with pytest.raises(GeometryError, match="uint8"):
        list(backward_flows(torch.zeros(2, 3, 20, 20), Known()))
    with pytest.raises(GeometryError, match=r"\(20, 30\)"):
        list(backward_flows([np.zeros((3, 20, 20), np.uint8), np.zeros((3, 20, 30), np.uint8)], Known()))
