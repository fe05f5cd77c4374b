"""Backward flow, and what it marks as hidden."""

import sys

import numpy as np
import pytest
import torch

from segmem.core.errors import GeometryError, MissingExtraError
from segmem.data.synthetic_noise import fractal
from segmem.metrics.flow import agree, backward_flows, sources


def textured(count: int, dx: int, dy: int = 0) -> torch.Tensor:
    """A textured plane that moves by (dx, dy) pixels a frame."""
    plane = fractal(np.random.default_rng(0), (140 + abs(dy) * count, 180 + abs(dx) * count), 16, 4)
    plane = np.clip(plane * 60 + 128, 0, 255).astype(np.uint8)
    y, x = (abs(d) * count if d > 0 else 0 for d in (dy, dx))
    crops = [plane[y - dy * t : y - dy * t + 140, x - dx * t : x - dx * t + 180] for t in range(count)]
    return torch.from_numpy(np.stack(crops))[:, None].expand(-1, 3, -1, -1)


def test_the_flow_leads_back_to_where_things_were() -> None:
    """A picture that moves right by 4 and up by 2 came from the left, and from below."""
    (flow,) = backward_flows(textured(2, dx=4, dy=-2))
    inner = flow.step[30:-30, 30:-30]

    assert np.median(inner[..., 0]) == pytest.approx(-4, abs=0.1)
    assert np.median(inner[..., 1]) == pytest.approx(2, abs=0.1)


def test_what_came_in_at_the_border_is_not_valid_and_the_rest_is() -> None:
    (flow,) = backward_flows(textured(2, dx=8))

    assert flow.valid[:, :6].mean() < 0.1
    assert flow.valid[:, 20:-20].mean() > 0.98


def test_one_flow_for_every_frame_but_the_first() -> None:
    assert len(list(backward_flows(textured(4, 1)))) == 3
    assert list(backward_flows(textured(1, 1))) == []
    assert list(backward_flows([])) == []


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
    row, column, inside = sources(step)

    assert row.tolist() == [[0, 0, 0, 0]]
    assert column.tolist() == [[0, 1, 3, 3]]
    assert inside.tolist() == [[False, True, True, False]]


def test_frames_must_be_colour_bytes_of_one_size() -> None:
    with pytest.raises(GeometryError, match="uint8"):
        list(backward_flows(torch.zeros(2, 3, 20, 20)))
    with pytest.raises(GeometryError, match=r"\(20, 30\)"):
        list(backward_flows([np.zeros((3, 20, 20), np.uint8), np.zeros((3, 20, 30), np.uint8)]))


def test_without_opencv_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(MissingExtraError, match=r"segmem\[eval\]"):
        list(backward_flows(textured(2, 1)))
