import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from segmem.core.errors import GeometryError
from segmem.ops.fit import (
    FitSettings,
    fit_labels,
    pad,
    plan,
    require_size,
    resize,
    unfit,
    unfit_labels,
    unpad,
)

sides = st.tuples(st.integers(1, 90), st.integers(1, 90))


@given(size=sides, longest=st.one_of(st.none(), st.integers(1, 80)), multiple=st.sampled_from([1, 8, 32]))
def test_any_size_comes_back_to_its_own(size, longest, multiple):
    fit = plan(size, FitSettings(longest=longest, multiple=multiple))
    assert all(side % multiple == 0 for side in fit.grid)
    logits = torch.rand(1, 2, *fit.grid)
    assert unfit(logits, fit).shape[-2:] == size


@given(size=sides)
def test_at_its_own_scale_nothing_changes_there_and_back(size):
    fit = plan(size, FitSettings(longest=None, multiple=32))
    frame = torch.rand(1, 2, *size)
    assert torch.equal(unpad(pad(resize(frame, fit.scaled, "image"), fit), fit), frame)
    assert torch.equal(unfit(pad(frame, fit), fit), frame)


@given(size=sides, factor=st.integers(1, 4))
def test_labels_enlarged_by_a_whole_factor_come_back_exactly(size, factor):
    fit = plan(size, FitSettings(longest=max(size) * factor, multiple=16))
    if fit.scaled != (size[0] * factor, size[1] * factor):
        return
    labels = torch.randint(0, 4, (2, *size), dtype=torch.uint8)
    assert torch.equal(unfit_labels(fit_labels(labels, fit), fit), labels)


def test_the_longer_side_decides_and_the_aspect_is_kept():
    assert plan((576, 720), FitSettings(longest=320)).scaled == (256, 320)
    assert plan((720, 1280), FitSettings(longest=320)).grid == (192, 320)
    assert plan((1024, 576), FitSettings(longest=320)).grid == (320, 192)


def test_a_blob_stays_where_it_was():
    fit = plan((576, 720), FitSettings(longest=320))
    logits = torch.full((1, 1, 576, 720), -1.0)
    logits[..., 100:200, 300:500] = 1.0
    back = unfit(pad(resize(logits, fit.scaled, "image"), fit), fit) > 0
    overlap = (back & (logits > 0)).sum() / (back | (logits > 0)).sum()
    assert overlap > 0.97


def test_bytes_stay_bytes_when_an_image_is_shrunk():
    frame = torch.randint(0, 256, (60, 80, 3), dtype=torch.uint8).permute(2, 0, 1)
    assert resize(frame[None], (30, 40), "image").dtype == torch.uint8


def test_a_frame_without_pixels_is_refused():
    with pytest.raises(GeometryError, match="nothing to segment"):
        plan((0, 5), FitSettings())


def test_a_frame_of_another_size_is_named_with_both_sizes():
    with pytest.raises(GeometryError, match="8 x 4 pixels, the first one was 6 x 4"):
        require_size(torch.zeros(3, 4, 8), plan((4, 6), FitSettings()), "clip")


def test_a_square_model_stretches_both_sides():
    fit = plan((576, 720), FitSettings(longest=1024, square=True))
    assert (fit.size, fit.scaled, fit.grid) == ((576, 720), (1024, 1024), (1024, 1024))
    assert plan((576, 720), FitSettings(longest=None, square=True)).scaled == (576, 720)


def test_logits_of_a_quarter_of_the_grid_come_straight_to_a_size_without_padding():
    fit = plan((30, 50), FitSettings(longest=64, square=True))
    coarse = torch.randn(1, 2, 16, 16)
    assert torch.equal(unfit(coarse, fit), resize(coarse, (30, 50), "logits"))


@given(size=st.tuples(st.integers(8, 90), st.integers(8, 90)), finer=st.sampled_from([1, 2, 4]))
def test_logits_of_any_resolution_lose_the_padding_and_no_more(size, finer):
    fit = plan(size, FitSettings(longest=64, multiple=32))
    logits = torch.zeros(1, 1, *fit.grid)
    logits[..., fit.scaled[0] :, :] = 100
    logits[..., fit.scaled[1] :] = 100
    coarse = torch.nn.functional.avg_pool2d(logits, finer)
    back = unfit(coarse, fit)
    assert back.shape[-2:] == size
    reach = -(-2 * finer * max(size) // 64)  # a coarse cell on the border sees beyond it
    inside = back[..., : max(1, size[0] - reach), : max(1, size[1] - reach)]
    assert size[0] <= reach or size[1] <= reach or inside.abs().max() < 1e-3
