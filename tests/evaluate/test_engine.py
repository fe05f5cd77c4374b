"""Which optical flow steadiness is measured along."""

from pathlib import Path

import pytest
import torch

from segmem.core.errors import WeightsError
from segmem.evaluate.engine import make_engine


def test_dis_by_its_presets() -> None:
    pytest.importorskip("cv2")
    assert make_engine("fast").name.startswith("DIS fast, OpenCV")
    assert make_engine("medium").name.startswith("DIS medium, OpenCV")


def test_raft_by_its_sizes_and_weights(tmp_path: Path) -> None:
    from torchvision.models.optical_flow import raft_small

    path = tmp_path / "raft_small.pth"
    torch.save(raft_small(weights=None, progress=False).state_dict(), path)
    assert make_engine("raft-small", path).name.startswith("RAFT small, torchvision")
    with pytest.raises(WeightsError, match="raft_large"):
        make_engine("raft", path)
