import pytest
import torch
from torch.nn import functional as F

from nano import enliven
from segmem.core.errors import GeometryError
from segmem.nn import hiera_block
from segmem.nn.hiera import HIERA_SIZES, Hiera, HieraSettings
from segmem.nn.temporal_adapter import Passage, TemporalSettings


def randomised(settings: HieraSettings) -> Hiera:
    torch.manual_seed(0)
    trunk = Hiera(settings).eval()
    for name in ("pos_embed", "pos_embed_window"):
        torch.nn.init.normal_(trunk.get_parameter(name))
    return trunk


@torch.no_grad()
def test_stages_halve_the_grid_and_double_the_channels():
    stages = randomised(HIERA_SIZES["nano"])(torch.randn(2, 3, 64, 96))
    assert [tuple(s.shape) for s in stages] == [
        (2, 16, 16, 24),
        (2, 32, 8, 12),
        (2, 64, 4, 6),
        (2, 128, 2, 3),
    ]


@torch.no_grad()
@pytest.mark.parametrize("size", [(64, 64), (96, 160)])
def test_the_parts_in_which_a_cpu_works_change_nothing(monkeypatch, size):
    trunk = randomised(
        HieraSettings(embed_dim=16, windows=(8, 4, 6, 3), stages=(1, 2, 3, 1), global_blocks=(4,))
    )
    image = torch.randn(2, 3, *size)
    whole = trunk(image)

    monkeypatch.setattr(hiera_block, "CPU_CELLS", 32)

    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(whole, trunk(image), strict=True))


@torch.no_grad()
def test_images_in_a_batch_do_not_see_each_other():
    trunk, images = randomised(HIERA_SIZES["nano"]), torch.randn(2, 3, 96, 64)
    both, alone = trunk(images), trunk(images[1:])
    assert all(torch.allclose(a[1:], b, atol=1e-5) for a, b in zip(both, alone, strict=True))


@torch.no_grad()
def test_the_stretched_position_code_is_a_bicubic_resize():
    trunk = randomised(HIERA_SIZES["tiny"])
    resized = F.interpolate(trunk.pos_embed, size=(24, 40), mode="bicubic")
    tiled = trunk.pos_embed_window.tile(1, 1, 3, 5)
    assert torch.allclose(trunk.positions((24, 40)), (resized + tiled).permute(0, 2, 3, 1), atol=1e-5)


def test_a_size_the_stages_cannot_halve_is_refused_with_the_next_that_they_can():
    with pytest.raises(GeometryError, match=r"64 x 70 pixels.*Pad it to 64 x 96"):
        Hiera(HIERA_SIZES["nano"])(torch.zeros(1, 3, 64, 70))


def test_every_parameter_learns():
    trunk = randomised(HIERA_SIZES["nano"])
    sum(stage.square().mean() for stage in trunk(torch.randn(1, 3, 64, 64))).backward()
    assert [name for name, p in trunk.named_parameters() if p.grad is None] == []


def adapted(time: str, alive: bool = True) -> Hiera:
    trunk = randomised(HIERA_SIZES["nano"])
    trunk.adapt(TemporalSettings(hidden=4, time=time))
    if alive:
        enliven(trunk)
    return trunk.eval()


@torch.no_grad()
@pytest.mark.parametrize("size", [(64, 64), (96, 160)])
@pytest.mark.parametrize("time", ["causal", "symmetric"])
def test_untrained_adapters_leave_every_bit_as_it_was(time, size):
    frames = torch.randn(3, 3, *size)
    plain = randomised(HIERA_SIZES["nano"])(frames)
    for one, other in zip(adapted(time, alive=False)(frames, Passage(3)), plain, strict=True):
        assert torch.equal(one, other)


@torch.no_grad()
def test_frames_encoded_one_by_one_equal_the_clip():
    trunk, frames = adapted("causal"), torch.randn(2, 4, 3, 64, 96)
    whole = trunk(frames.flatten(0, 1), Passage(4))[-1].unflatten(0, (2, 4))
    past = ()
    for t in range(4):
        passage = Passage(1, past)
        assert torch.allclose(trunk(frames[:, t], passage)[-1], whole[:, t], atol=1e-5)
        past = tuple(passage.after)
    assert not torch.allclose(trunk(frames[:, 3])[-1], whole[:, 3], atol=1e-3)


@torch.no_grad()
def test_the_released_adapter_shows_an_image_no_other_one():
    trunk, images = adapted("windows"), torch.randn(3, 3, 96, 96)
    assert torch.allclose(trunk(images)[-1][1:2], trunk(images[1:2])[-1], atol=1e-5)
