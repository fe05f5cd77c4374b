import pytest
import torch

from segmem.core import Clip, Geometry
from segmem.core.errors import GeometryError


def test_a_clip_yields_its_frames_in_order():
    frames = torch.arange(2 * 3 * 4 * 5).view(2, 3, 4, 5)
    clip = Clip("case", frames, Geometry("image", (4, 5)))
    assert clip.length == 2
    assert torch.equal(torch.stack(list(clip)), frames)


def test_a_single_image_without_a_frame_axis_is_told_how_to_get_one():
    with pytest.raises(GeometryError, match=r"image\[None\]"):
        Clip("case", torch.zeros(3, 4, 5), Geometry("image", (4, 5)))


def test_frames_and_geometry_must_agree_on_the_size():
    with pytest.raises(GeometryError, match=r"its geometry says \(5, 4\)"):
        Clip("case", torch.zeros(1, 3, 4, 5), Geometry("image", (5, 4)))
