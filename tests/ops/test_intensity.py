import pytest
import torch
from pydantic import ValidationError

from segmem.ops.intensity import (
    RGB_MEAN,
    RGB_STD,
    IntensitySettings,
    by_frame,
    looks_like_hounsfield,
    normalise,
    to_unit,
    window,
)

SCAN = IntensitySettings(kind="percentile", low=0.0, high=100.0)


def test_bytes_span_the_byte_range():
    assert window(torch.zeros(1, 3, 2, 2), IntensitySettings()) == (0.0, 255.0)


def test_a_scan_spans_its_own_percentiles_without_nan():
    scan = torch.tensor([1.0, 5.0, float("nan"), 3.0, float("inf")]).view(5, 1, 1, 1)
    assert window(scan, SCAN) == (1.0, 5.0)


def test_a_constant_scan_becomes_zero_everywhere():
    scan = torch.full((2, 1, 3, 3), 7.0)
    got = normalise(scan, *window(scan, SCAN))
    assert torch.allclose(got[:, 0], torch.tensor(-RGB_MEAN[0] / RGB_STD[0]))


def test_a_scan_without_a_single_number_is_defined():
    assert window(torch.full((1, 1, 2, 2), float("nan")), SCAN) == (0.0, 1.0)


def test_grey_becomes_three_channels_and_nan_becomes_low():
    got = normalise(torch.tensor([float("nan"), 4.0]).view(1, 1, 1, 2), 2.0, 4.0)
    expected = torch.tensor(
        [[(v - m) / s for v in (0.0, 1.0)] for m, s in zip(RGB_MEAN, RGB_STD, strict=True)]
    )
    assert torch.allclose(got[0, :, 0], expected)


def test_each_frame_goes_from_nought_to_one_whatever_its_range():
    frames = torch.tensor([[10.0, 20.0, 30.0], [1.0, 1.5, 2.0]]).view(2, 1, 1, 3)
    got = by_frame(frames, 0.0, 255.0)
    assert got.shape == (2, 3, 1, 3)
    assert torch.allclose(got, torch.tensor([0.0, 0.5, 1.0]).expand_as(got))


def test_colours_of_a_frame_share_one_range():
    frame = torch.tensor([0, 50, 100], dtype=torch.uint8).view(1, 3, 1, 1).expand(1, 3, 2, 2)
    assert torch.allclose(by_frame(frame, 0.0, 255.0)[0, :, 0, 0], torch.tensor([0.0, 0.5, 1.0]))


def test_what_lies_beyond_the_window_is_cut_before_a_frame_is_stretched():
    frame = torch.tensor([-500.0, 0.0, 5.0, 10.0, float("inf"), float("nan")]).view(1, 1, 1, 6)
    assert torch.allclose(by_frame(frame, 0.0, 10.0)[0, 0, 0], torch.tensor([0, 0, 0.5, 1, 1, 0]))


def test_a_frame_without_contrast_is_black():
    assert not by_frame(torch.full((1, 1, 3, 3), 7.0), 0.0, 10.0).any()


def ct() -> torch.Tensor:
    """A body of 40 HU, a tenth of it bone, in air."""
    scan = torch.full((4, 1, 20, 20), -1000.0)
    scan[:, :, 4:16, 4:16] = 40.0
    scan[:, :, 8:12, 8:12] = 900.0
    return scan


def test_a_ct_is_seen_through_a_window_and_an_mr_between_its_percentiles():
    settings = IntensitySettings(kind="scan", values=(-100, 200))
    assert window(ct(), settings) == (-100, 200)
    mr = ct() + 1000
    assert window(mr, settings) == window(mr, IntensitySettings(kind="percentile"))
    standardised = torch.randn(4, 1, 20, 20)
    assert not looks_like_hounsfield(standardised)


def test_a_window_that_was_named_is_taken_whatever_the_values_are():
    assert window(torch.zeros(2, 1, 4, 4), IntensitySettings(kind="window")) == (-160.0, 240.0)


def test_a_window_rises():
    with pytest.raises(ValidationError, match="from a low to a high"):
        IntensitySettings(kind="window", values=(240, -160))


def test_the_sample_ct_looks_like_one_and_no_mr_does(data_root):
    from segmem.io.volume import read_volume

    (liver,) = (data_root / "ct_liver_lits" / "images").glob("*.nii.gz")
    assert looks_like_hounsfield(read_volume(liver).frames)
    for folder in ("mr_acdc", "mr_hippocampus", "mr_leftatrium"):
        path = next((data_root / folder / "images").glob("*.nii.gz"))
        assert not looks_like_hounsfield(read_volume(path).frames), folder


def test_a_unit_scale_is_nought_to_one_and_nothing_more():
    frames = torch.tensor([[[[0, 51, 255]]]], dtype=torch.uint8)
    assert to_unit(frames, 0.0, 255.0)[0, :, 0].tolist() == [pytest.approx([0, 0.2, 1])] * 3
