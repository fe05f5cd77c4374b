"""RAFT: its weights, and the padding that its answer does not see. Real weights cannot be had here."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.models.optical_flow import raft_small

from segmem.core.errors import FormatError, WeightsError
from segmem.metrics.flow import backward_flows
from segmem.metrics.raft import Raft


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("raft") / "raft_small.pth"
    torch.save(raft_small(weights=None, progress=False).state_dict(), path)
    return path


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (3, height, width), dtype=np.uint8)


def test_it_answers_as_torchvision_does(weights: Path) -> None:
    first, second = noise(128, 136), noise(128, 136, seed=1)
    model = raft_small(weights=None, progress=False).eval()
    model.load_state_dict(torch.load(weights, weights_only=True))
    with torch.inference_mode():
        pair = [torch.from_numpy(one)[None].float() / 127.5 - 1 for one in (first, second)]
        theirs = model(*pair)[-1][0].permute(1, 2, 0).numpy()

    engine = Raft(weights, "small")
    assert np.abs(engine.step(engine.ready(first), engine.ready(second)) - theirs).max() < 1e-4


def test_small_and_odd_frames_are_padded_and_cut_back(weights: Path) -> None:
    (flow,) = backward_flows([noise(50, 71), noise(50, 71, seed=1)], Raft(weights, "small"))
    assert flow.step.shape == (50, 71, 2)
    assert flow.step.dtype == np.float32


def test_the_name_says_size_version_and_weights(weights: Path) -> None:
    name = Raft(weights, "small").name
    assert name.startswith("RAFT small, torchvision 0.")
    assert len(name.rsplit("weights ", 1)[1]) == 8


def test_weights_of_another_size_are_refused(weights: Path) -> None:
    with pytest.raises(WeightsError, match="raft_large"):
        Raft(weights, "large")


def test_what_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / "page.pth").write_text("<!doctype html>")
    with pytest.raises(FormatError, match="web page"):
        Raft(tmp_path / "page.pth")
