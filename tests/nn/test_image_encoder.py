import torch
from torch import nn

from segmem.nn.hiera import HIERA_SIZES
from segmem.nn.image_encoder import ImageEncoder


def encoder() -> ImageEncoder:
    torch.manual_seed(0)
    return ImageEncoder(HIERA_SIZES["nano"], width=32).eval()


@torch.no_grad()
def test_levels_are_fine_to_coarse_and_equally_wide():
    levels = encoder()(torch.randn(2, 3, 64, 96))
    assert [tuple(level.shape) for level in levels] == [(2, 32, 16, 24), (2, 32, 8, 12), (2, 32, 4, 6)]


@torch.no_grad()
def test_the_coarsest_stage_reaches_the_coarsest_level_only():
    network, image = encoder(), torch.randn(1, 3, 64, 64)
    before = network(image)

    nn.init.constant_(network.neck.convs[0].conv.bias, 5.0)

    after = network(image)
    assert all(torch.equal(a, b) for a, b in zip(before[:2], after[:2], strict=True))
    assert not torch.allclose(before[2], after[2])


@torch.no_grad()
def test_refined_levels_are_the_convolved_ones():
    network, image = encoder(), torch.randn(1, 3, 64, 96)
    fine, middle = nn.Conv2d(32, 4, 1), nn.Conv2d(32, 8, 1)
    level0, level1, top = network(image)

    skips = network(image, refine=(fine, middle))

    assert torch.allclose(skips[0], fine(level0), atol=1e-5)
    assert torch.allclose(skips[1], middle(level1), atol=1e-5)
    assert torch.equal(skips[2], top)


@torch.no_grad()
def test_half_precision_is_close():
    network, image = encoder(), torch.randn(1, 3, 64, 64)
    exact = network(image)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = network(image)
    assert (rough[2].float() - exact[2]).abs().max() < 0.05 * exact[2].abs().max()
