import pytest
import torch
from torch import nn
from torch.nn import functional as F

from segmem.nn import mask_decoder
from segmem.nn.mask_decoder import (
    DecodedMasks,
    Doubling,
    MaskDecoder,
    MaskDecoderSettings,
    choose,
    stability_score,
)

SMALL = MaskDecoderSettings(width=32, heads=4, mlp=64)
GRID = (3, 5)


def inputs(rows: int, images: int = 1) -> dict[str, torch.Tensor | tuple[torch.Tensor, ...]]:
    torch.manual_seed(1)
    h, w = GRID
    return {
        "top": torch.randn(rows, 32, h, w),
        "positions": torch.randn(1, 32, h, w),
        "sparse": torch.randn(rows, 2, 32),
        "dense": torch.randn(1, 32, h, w),
        "skips": (torch.randn(images, 4, 4 * h, 4 * w), torch.randn(images, 8, 2 * h, 2 * w)),
    }


@pytest.fixture
def decoder():
    torch.manual_seed(0)
    return MaskDecoder(SMALL).eval()


@torch.no_grad()
def test_masks_have_four_pixels_a_cell_along_each_side(decoder):
    decoded = decoder(**inputs(rows=2))

    assert decoded.logits.shape == (2, 4, 12, 20)
    assert decoded.quality.shape == (2, 4)
    assert decoded.tokens.shape == (2, 4, 32)
    assert decoded.presence.shape == (2,)


@torch.no_grad()
def test_an_images_skips_serve_its_own_objects(decoder):
    two = inputs(rows=4, images=2)

    both = decoder(**two)

    second = decoder(
        **two
        | {"top": two["top"][2:], "sparse": two["sparse"][2:], "skips": tuple(s[1:] for s in two["skips"])}
    )
    assert torch.allclose(both.logits[2:], second.logits, atol=1e-5)


@torch.no_grad()
def test_pixels_unfold_as_transposed_convolutions_unfold_them(decoder):
    """The same masks from plain convolutions in image order."""
    given = inputs(rows=2)
    first, norm, active, second, _ = decoder.output_upscaling
    cells, tokens = torch.randn(2, 15, 32), torch.randn(2, 4, 32)
    fine, middle = given["skips"]

    masks = decoder._masks(cells, tokens, given["skips"], GRID)

    x = cells.mT.unflatten(2, GRID)
    x = F.conv_transpose2d(x, first.weight, first.bias, stride=2) + middle
    x = active(norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2))
    x = active(F.conv_transpose2d(x, second.weight, second.bias, stride=2) + fine)
    heads = torch.stack([head(tokens[:, i]) for i, head in enumerate(decoder.output_hypernetworks_mlps)], 1)
    assert torch.allclose(masks, torch.einsum("rmc,rchw->rmhw", heads, x), atol=1e-5)


def test_doubling_loads_a_transposed_convolution():
    convolution, ours = nn.ConvTranspose2d(8, 4, 2, 2), Doubling(8, 4)
    ours.load_state_dict(convolution.state_dict())
    assert ours(torch.randn(1, 6, 8)).shape == (1, 24, 4)


@torch.no_grad()
def test_with_its_switches_off_it_is_sams_first_decoder():
    plain = SMALL.model_copy(update={"high_res": False, "presence": False, "quality_sigmoid": False})
    decoder = MaskDecoder(plain).eval()
    names = decoder.state_dict().keys()

    decoded = decoder(**inputs(rows=2) | {"skips": ()})

    assert decoded.presence is None
    assert not any(name.startswith(("obj_score", "pred_obj", "conv_s")) for name in names)


@torch.no_grad()
def test_it_works_in_half_precision(decoder):
    exact = decoder(**inputs(rows=2))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = decoder(**inputs(rows=2))
    assert (rough.logits.float() - exact.logits).abs().max() < 0.1 * exact.logits.abs().max()


def test_every_parameter_learns(decoder):
    given = inputs(rows=2)
    given["skips"] = decoder.refine_skips(torch.randn(1, 32, 12, 20), torch.randn(1, 32, 6, 10))
    decoded = decoder(**given)
    (decoded.logits.sum() + decoded.quality.sum() + decoded.presence.sum()).backward()
    assert [name for name, p in decoder.named_parameters() if p.grad is None] == []


def decoded(single: float) -> DecodedMasks:
    """One row whose mask 0 is `single` everywhere, and whose mask 2 is the best of the others."""
    logits = torch.arange(4.0).view(1, 4, 1, 1).expand(1, 4, 8, 8).clone()
    logits[:, 0] = single
    return DecodedMasks(
        logits=logits,
        quality=torch.tensor([[0.9, 0.1, 0.8, 0.2]]),
        tokens=torch.arange(4.0).view(1, 4, 1),
        presence=None,
    )


def test_for_an_ambiguous_prompt_the_best_of_three_is_taken_with_its_token():
    chosen = choose(decoded(single=5.0), multimask=True)

    assert chosen.logits.unique().item() == 2
    assert chosen.quality.item() == pytest.approx(0.8)
    assert chosen.token.item() == 2


def test_a_stable_single_mask_is_taken():
    chosen = choose(decoded(single=5.0), multimask=False)

    assert chosen.logits.unique().item() == 5
    assert chosen.quality.item() == pytest.approx(0.9)
    assert chosen.token.item() == 0


def test_an_unstable_single_mask_gives_way_but_its_token_stays():
    chosen = choose(decoded(single=0.01), multimask=False)

    assert chosen.logits.unique().item() == 2
    assert chosen.token.item() == 0


def test_without_stability_the_single_mask_is_taken_as_it_is():
    chosen = choose(decoded(single=0.01), multimask=False, stability=False)
    assert chosen.logits.unique().item() == pytest.approx(0.01)


def test_stability_is_the_share_of_area_that_is_sure():
    mask = torch.tensor([[[1.0, 1.0, 0.0, -1.0]], [[-1.0, -1.0, -1.0, -1.0]]])
    assert stability_score(mask).tolist() == pytest.approx([2 / 3, 1.0])


@torch.no_grad()
def test_the_parts_in_which_a_cpu_works_change_nothing(decoder, monkeypatch):
    given = inputs(rows=4, images=2)
    whole = decoder(**given).logits

    monkeypatch.setattr(mask_decoder, "CPU_CELLS", 16)

    assert torch.allclose(decoder(**given).logits, whole, atol=1e-5)
