import pytest
import torch

from segmem.nn.lapg_settings import GeneratorSettings
from segmem.nn.positions import sine_grid
from segmem.nn.prompt_generator import PromptGenerator, as_released

GRID = (3, 5)
SMALL = GeneratorSettings(tokens=2, layers=2, embed=8, mlp=32)


def generator(classes: int = 3, stride: int = 8) -> PromptGenerator:
    torch.manual_seed(0)
    return PromptGenerator(SMALL, classes, 16, stride).eval()


@pytest.fixture
def top() -> torch.Tensor:
    return torch.randn(2, 16, *GRID, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def places() -> torch.Tensor:
    return sine_grid(GRID, 16)[None]


@pytest.mark.parametrize("stride", [8, 16])
@torch.no_grad()
def test_coarse_masks_are_at_a_quarter_of_the_image(top, places, stride):
    said = generator(stride=stride)(top, places)
    assert said.coarse.shape == (2, 1, 3, GRID[0] * stride // 4, GRID[1] * stride // 4)
    assert said.tokens.shape == (2, 3, 2, 16)
    assert said.presence.shape == (2, 2)
    assert said.top.shape == said.dense.shape == top.shape


@torch.no_grad()
def test_in_training_every_layer_draws(top, places):
    part = generator()
    used = part(top, places).coarse
    taught = part.train()(top, places).coarse
    assert taught.shape[1] == 2
    assert torch.allclose(taught[:, -1:], used, atol=1e-6)


@torch.no_grad()
def test_classes_in_another_order_give_the_same_in_that_order(top, places):
    part, order = generator(), [0, 2, 1]
    plain = part(top, places)
    part.concepts.copy_(part.concepts[order].clone())
    part.class_embed.copy_(part.class_embed[order].clone())
    part.masks.cut.weight.copy_(part.masks.cut.weight[:, order].clone())
    swapped = part(top, places)
    assert torch.allclose(swapped.coarse[:, :, order], plain.coarse, atol=1e-5)
    assert torch.allclose(swapped.presence.flip(1), plain.presence, atol=1e-5)
    assert torch.allclose(swapped.top, plain.top, atol=1e-5)
    assert torch.allclose(swapped.dense, plain.dense, atol=1e-5)


@torch.no_grad()
def test_it_knows_where_things_are(top, places):
    part = generator()
    mirrored = part(top.flip(-1), places)
    assert not torch.allclose(mirrored.tokens, part(top, places).tokens, atol=1e-4)


@torch.no_grad()
def test_a_coarse_logit_is_the_mean_over_a_class_s_tokens():
    part = generator(classes=2)
    tokens, cells = torch.randn(1, 4, 16), torch.randn(1, 15, 16)
    whole = part._coarse(tokens, cells, GRID)
    first = part._coarse(tokens[:, [0, 0, 2, 2]], cells, GRID)
    second = part._coarse(tokens[:, [1, 1, 3, 3]], cells, GRID)
    assert torch.allclose(whole, (first + second) / 2, atol=1e-5)


def test_gradients_reach_every_part(top, places):
    part = generator().train()
    said = part(top, places)
    parts = (said.top, said.tokens, said.dense, said.coarse, said.presence)
    sum(part.square().mean() for part in parts).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in part.parameters())


def test_the_released_form_draws_nothing_and_tells_every_class_the_same(top):
    said = as_released(top, top + 1, torch.ones(2, 1, 16), classes=3)
    assert said.coarse.shape[1] == 0
    assert torch.equal(said.tokens, torch.ones(2, 3, 1, 16))
    assert not said.dense.any()
