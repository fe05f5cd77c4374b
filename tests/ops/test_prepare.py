import torch

from segmem.ops.fit import FitSettings, plan
from segmem.ops.intensity import RGB_MEAN, RGB_STD, IntensitySettings
from segmem.ops.prepare import case_window, prepare

SCAN = IntensitySettings(kind="percentile", low=0.0, high=100.0)
BY_FRAME = IntensitySettings(scale="frame")


def test_a_frame_is_resized_brought_to_the_range_and_padded_with_nought():
    frames = torch.full((2, 3, 40, 60), 255, dtype=torch.uint8)
    fit = plan((40, 60), FitSettings(longest=30, multiple=16))
    ready = prepare(frames, fit, (0.0, 255.0), IntensitySettings())
    assert ready.shape == (2, 3, 32, 32)
    for channel in range(3):
        white = (1 - RGB_MEAN[channel]) / RGB_STD[channel]
        assert torch.allclose(ready[:, channel, :20, :30], torch.tensor(white), atol=1e-5)
    assert not ready[:, :, 20:].any()
    assert not ready[..., 30:].any()


def test_each_frame_is_stretched_by_itself_where_the_model_wants_it_after_resizing():
    ramp = torch.linspace(50, 100, 64).expand(1, 1, 64, 64)
    frames = torch.cat([ramp, ramp * 2])
    fit = plan((64, 64), FitSettings(longest=16, multiple=32))
    ready = prepare(frames, fit, (0.0, 255.0), BY_FRAME)
    assert ready.shape == (2, 3, 32, 32)
    inside = ready[..., :16, :16]
    assert (inside.amin(dim=(1, 2, 3)) == 0).all()
    assert torch.allclose(inside.amax(dim=(1, 2, 3)), torch.ones(2))
    assert torch.allclose(ready[0], ready[1], atol=1e-5)


def test_a_model_for_bytes_sees_a_scan_between_its_percentiles_and_all_else_as_bytes():
    scan = torch.linspace(-1000, 1000, 1001).view(1, 1, 7, 143)
    assert case_window(scan, IntensitySettings(), "video") == (0.0, 255.0)
    assert case_window(scan, IntensitySettings(), "image") == (0.0, 255.0)
    assert case_window(scan, IntensitySettings(), "volume") == (-990.0, 990.0)


def test_a_model_for_scans_keeps_percentiles_of_its_own():
    scan = torch.linspace(-1000, 1000, 1001).view(1, 1, 7, 143)
    assert case_window(scan, SCAN, "volume") == (-1000.0, 1000.0)
    assert case_window(scan, SCAN, "video") == (-1000.0, 1000.0)
