import numpy as np
import pytest
import torch

from scans import ball_clip
from segmem.predict.request import Request
from segmem.predict.tidy import tidied, voxel_mm3


def request(**changes: object) -> Request:
    return Request(source="in", out="out", **changes)


def test_an_oblique_voxel_has_its_own_volume():
    turned = np.array([[0.0, -1.5, 0, 3], [1.2, 0, 0, -7], [0, 0.4, 4.0, 11], [0, 0, 0, 1]])
    assert voxel_mm3(ball_clip(affine=turned).geometry) == pytest.approx(1.5 * 1.2 * 4)


def test_volumes_are_the_affine_s():
    clip = ball_clip(shape=(8, 8, 6), steps=(1.0, 1.0, 2.0))
    labels = torch.zeros(6, 8, 8, dtype=torch.uint8)
    labels[0, 0, :3] = 1  # 6 mm3
    labels[4, 4:6, 4:6] = 1  # 8 mm3
    kept = tidied(labels, clip.geometry, request(min_volume_mm3=7.0), ("background", "a"))
    assert int(kept[0].sum()) == 0
    assert int(kept.sum()) == 4
    assert tidied(labels, clip.geometry, request(), ("background", "a")) is labels


def test_a_class_of_which_nothing_is_left_is_told():
    clip = ball_clip(shape=(4, 4, 3))
    labels = torch.zeros(3, 4, 4, dtype=torch.uint8)
    labels[0, 0, 0] = 1
    with pytest.warns(UserWarning, match="liver: the largest of 1 pieces has 0.002 ml"):
        tidied(labels, clip.geometry, request(min_volume_mm3=5000.0), ("background", "liver"))
