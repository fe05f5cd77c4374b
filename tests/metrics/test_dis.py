"""DIS on a textured plane whose motion is known."""

import sys

import numpy as np
import pytest
import torch

from segmem.core.errors import MissingExtraError
from segmem.data.synthetic_noise import fractal
from segmem.metrics.dis import Dis, Preset
from segmem.metrics.flow import backward_flows


def textured(count: int, dx: int, dy: int = 0) -> torch.Tensor:
    """A textured plane that moves by (dx, dy) pixels a frame."""
    plane = fractal(np.random.default_rng(0), (140 + abs(dy) * count, 180 + abs(dx) * count), 16, 4)
    plane = np.clip(plane * 60 + 128, 0, 255).astype(np.uint8)
    y, x = (abs(d) * count if d > 0 else 0 for d in (dy, dx))
    crops = [plane[y - dy * t : y - dy * t + 140, x - dx * t : x - dx * t + 180] for t in range(count)]
    return torch.from_numpy(np.stack(crops))[:, None].expand(-1, 3, -1, -1)


@pytest.mark.parametrize("preset", ["medium", "fast"])
def test_the_flow_leads_back_to_where_things_were(preset: Preset) -> None:
    """A picture that moves right by 4 and up by 2 came from the left, and from below."""
    (flow,) = backward_flows(textured(2, dx=4, dy=-2), Dis(preset))
    inner = flow.step[30:-30, 30:-30]

    assert np.median(inner[..., 0]) == pytest.approx(-4, abs=0.1)
    assert np.median(inner[..., 1]) == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("preset", ["medium", "fast"])
def test_what_came_in_at_the_border_is_not_valid_and_the_rest_is(preset: Preset) -> None:
    (flow,) = backward_flows(textured(2, dx=8), Dis(preset))

    assert flow.valid[:, :6].mean() < 0.1
    assert flow.valid[:, 20:-20].mean() > 0.98


def test_the_name_says_preset_and_version() -> None:
    assert Dis("fast").name.startswith("DIS fast, OpenCV ")


def test_colours_become_luma() -> None:
    frame = np.zeros((3, 1, 4), np.uint8)
    frame[0, 0, 0] = frame[1, 0, 1] = frame[2, 0, 2] = frame[:, 0, 3] = 255
    assert Dis().ready(frame).tolist() == [[77, 149, 29, 255]]


def test_without_opencv_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(MissingExtraError, match=r"segmem\[eval\]"):
        Dis()
