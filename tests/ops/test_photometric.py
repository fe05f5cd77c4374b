import pytest
import torch
from torch.nn import functional as F

from segmem.ops.photometric import PhotometricSettings, blur, change_look, compress

OFF = dict.fromkeys(PhotometricSettings.model_fields, 0.0)


def random(seed=0):
    made = torch.Generator()
    made.manual_seed(seed)
    return made


@pytest.fixture
def frames():
    return F.avg_pool2d(torch.rand(3, 3, 40, 56, generator=random(9)), 5, 1, 2)


def test_with_all_off_nothing_changes(frames):
    assert torch.allclose(change_look(frames, PhotometricSettings(**OFF), random()), frames, atol=1e-6)


@pytest.mark.parametrize("name", [n for n in PhotometricSettings.model_fields if n != "noise_size"])
def test_each_setting_changes_something_and_stays_in_range(frames, name):
    changes = {**OFF, name: 0.9, "noise_size": 0.2}
    out = change_look(frames, PhotometricSettings(**changes), random())
    assert float((out - frames).abs().max()) > 1e-3
    assert 0 <= float(out.min()) <= float(out.max()) <= 1


def test_hue_and_saturation_leave_grey_alone():
    grey = torch.rand(1, 1, 8, 8, generator=random()).expand(1, 3, 8, 8)
    out = change_look(grey, PhotometricSettings(**{**OFF, "hue": 0.5, "saturation": 0.9}), random(4))
    assert torch.allclose(out, grey, atol=1e-5)


def test_all_frames_of_a_clip_change_alike(frames):
    clip = frames[:1].expand(3, -1, -1, -1)
    changes = PhotometricSettings(noise=0.0, blur=1.0, blocks=1.0)
    out = change_look(clip, changes, random())
    assert torch.allclose(out, out[:1].expand_as(out), atol=1e-6)


def test_a_blur_keeps_the_mean_of_a_flat_picture_and_spreads_a_point():
    point = torch.zeros(1, 1, 21, 21)
    point[..., 10, 10] = 1
    soft = blur(point, 1.5)
    assert torch.allclose(blur(torch.full((1, 2, 9, 9), 0.3), 2.0), torch.tensor(0.3))
    assert float(soft.sum()) == pytest.approx(1.0, abs=1e-5)
    assert float(soft[..., 10, 10]) == pytest.approx(1 / (2 * torch.pi * 1.5**2), rel=0.03)


def test_blocks_come_from_rounding_and_a_fine_step_changes_nothing(frames):
    assert torch.allclose(compress(frames, 1e-6), frames, atol=1e-4)
    coarse = compress(frames, 0.5)
    assert float((coarse - frames).abs().max()) > 0.01
    flat = torch.full((1, 3, 16, 16), 0.5)
    assert torch.allclose(compress(flat, 0.25), flat, atol=1e-5)
