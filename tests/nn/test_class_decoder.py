import pytest
import torch

from nano import alive
from segmem.nn.class_decoder import ClassDecoder
from segmem.nn.lapg_settings import ClassDecoderSettings

GRID, WIDTH = (3, 5), 16


def decoder(channels=(8, 8), classes: int = 3) -> ClassDecoder:
    torch.manual_seed(0)
    return alive(ClassDecoder(ClassDecoderSettings(mlp=32, channels=channels), classes, WIDTH, (4, 6)))


@pytest.fixture
def parts() -> dict[str, torch.Tensor]:
    random = torch.Generator().manual_seed(1)
    h, w = GRID
    return {
        "top": torch.randn(2, WIDTH, h, w, generator=random),
        "places": torch.randn(1, h * w, WIDTH, generator=random),
        "prompts": torch.randn(2, 3, 4, WIDTH, generator=random),
        "fine": torch.randn(2, 4, 4 * h, 4 * w, generator=random),
        "middle": torch.randn(2, 6, 2 * h, 2 * w, generator=random),
    }


def answer(part, parts, gate=1.0, prompts=None):
    given = parts["prompts"] if prompts is None else prompts
    own = part.begin(given, torch.full((WIDTH,), gate))
    return part(parts["top"], parts["places"], own, part.refine((parts["fine"], parts["middle"])))


@pytest.mark.parametrize(("channels", "times"), [((8,), 2), ((8, 8), 4), ((8, 8, 4), 8)])
@torch.no_grad()
def test_masks_are_as_fine_as_its_doublings(parts, channels, times):
    found = answer(decoder(channels), parts)
    assert found.logits.shape == (2, 3, GRID[0] * times, GRID[1] * times)
    assert found.quality.shape == (2, 3)
    assert ((found.quality >= 0) & (found.quality <= 1)).all()


@torch.no_grad()
def test_a_closed_gate_makes_prompts_say_nothing(parts):
    part = decoder()
    other = torch.randn_like(parts["prompts"])
    assert torch.equal(answer(part, parts, 0.0).logits, answer(part, parts, 0.0, other).logits)
    assert not torch.allclose(answer(part, parts).logits, answer(part, parts, 1.0, other).logits)


@torch.no_grad()
def test_classes_in_another_order_give_the_same_in_that_order(parts):
    part, order = decoder(), [2, 0, 1]
    plain = answer(part, parts)
    part.own.copy_(part.own[order].clone())
    swapped = answer(part, parts, prompts=parts["prompts"][:, order])
    assert torch.allclose(swapped.logits, plain.logits[:, order], atol=1e-4)
    assert torch.allclose(swapped.quality, plain.quality[:, order], atol=1e-4)


@torch.no_grad()
def test_a_class_reads_its_own_prompts_alone(parts):
    part = decoder()
    other = parts["prompts"].clone()
    other[:, 2] += 1
    gate = torch.ones(WIDTH)
    moved = (part.begin(other, gate) - part.begin(parts["prompts"], gate)).abs().amax(dim=(0, 2)) > 1e-6
    assert moved.tolist() == [False] * 4 + [True] * 2


@torch.no_grad()
def test_fine_levels_shape_the_border(parts):
    part = decoder()
    plain = answer(part, parts).logits
    parts["fine"][0, :, 0, 0] += 3
    moved = (answer(part, parts).logits - plain).abs().amax(dim=1) > 1e-5
    assert moved[0, :3, :3].any()
    assert not moved[0, 4:].any()
    assert not moved[1].any()


def test_gradients_reach_every_part(parts):
    part = decoder().train()
    found = answer(part, parts)
    (found.logits.square().mean() + found.quality.sum()).backward()
    silent = [name for name, p in part.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert silent == ["no_mask"]  # the network adds it to the features
