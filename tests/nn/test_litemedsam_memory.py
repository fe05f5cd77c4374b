import pytest
import torch

from nano import nano_litemedsam
from segmem.memory import Memory
from segmem.nn.litemedsam_memory import MARGIN, LiteMedSamMemory, corners
from segmem.nn.promptable import ABSENT

BOX = torch.tensor([[[10.0, 8.0, 2.0], [50.0, 44.0, 3.0]]])


@pytest.fixture(scope="module")
def network() -> LiteMedSamMemory:
    return nano_litemedsam().get_submodule("network").requires_grad_(False)


@pytest.fixture(scope="module")
def top(network) -> torch.Tensor:
    return network.encode(torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))).top


def coarse(top: torch.Tensor, inside: tuple[slice, slice] | None) -> torch.Tensor:
    """Features with a coarse mask behind them."""
    mask = torch.full_like(top[:, :1], -5.0)
    if inside is not None:
        mask[:, :, inside[0], inside[1]] = 5.0
    return torch.cat([top, mask], dim=1)


def test_alone_there_is_no_coarse_mask_and_the_features_are_as_they_were(network, top):
    alone = network.alone(top)
    assert torch.equal(alone[:, :-1], top)
    assert (alone[:, -1] == ABSENT).all()


def test_looking_back_gives_the_coarse_mask_behind_the_features(network, top):
    random = torch.Generator().manual_seed(1)
    tokens = torch.randn(2, 1, 16, network.memory_numbers(top) // 16, generator=random)
    ones = torch.ones(2, 1, dtype=torch.int64)
    looked = network.attend(top, Memory(tokens, ones, ones - 1, ones.bool()), None, 1)
    expected, where = network.memory.attend(top, Memory(tokens, ones, ones - 1, ones.bool()))
    assert looked.shape == (2, top.shape[1] + 1, 16, 16)
    assert torch.equal(looked[:, :-1], expected)
    assert torch.equal(looked[:, -1:], where)


def test_a_person_s_points_are_heard_and_the_coarse_mask_is_not(network, top):
    one, other = (
        network.decode(coarse(top, place), points=BOX) for place in (None, (slice(2, 5), slice(3, 9)))
    )
    assert torch.equal(one.logits, other.logits)
    assert torch.equal(one.logits, network.base.decode(top, points=BOX).logits)
    assert torch.equal(other.coarse, coarse(top, (slice(2, 5), slice(3, 9)))[:, -1:])


def test_else_the_coarse_mask_s_box_with_a_margin_is_the_prompt_and_both_masks_count(network, top):
    seen = coarse(top, (slice(2, 5), slice(3, 9)))
    found = network.decode(seen)
    box = torch.tensor([[[12.0 - MARGIN, 8.0 - MARGIN, 2.0], [36.0 + MARGIN, 20.0 + MARGIN, 3.0]]])
    own = network.base.decode(top, points=box).logits
    whole = torch.nn.functional.interpolate(seen[:, -1:], own.shape[-2:], mode="bilinear")
    assert torch.allclose(found.logits, own + network.memory.trust * whole, atol=1e-5)
    assert (found.presence > 0).all()


def test_where_memory_sees_nothing_the_object_is_absent(network, top):
    both = torch.cat([coarse(top, None), coarse(top, (slice(2, 5), slice(3, 9)))])
    found = network.decode(both)
    assert (found.logits[0] == ABSENT).all()
    assert (found.logits[1] > ABSENT).all()
    assert (found.presence > 0).tolist() == [False, True]


def test_corners_are_wider_within_the_image():
    points = corners(torch.tensor([[2.0, 10.0, 30.0, 62.0]]), 4.0, (64, 64))
    assert points.tolist() == [[[0, 6, 2], [34, 64, 3]]]


def test_the_memory_s_parameters_are_all_but_the_published_ones(network):
    own = {id(p) for p in network.memory_parameters()}
    assert own == {id(p) for p in network.parameters()} - {id(p) for p in network.base.parameters()}


def test_memories_are_as_large_as_they_are_said_to_be(network, top):
    mask = torch.zeros(2, 1, *network.mask_size(top))
    made = network.memorise(top, mask, torch.ones(2))
    assert made[0].numel() == network.memory_numbers(top)


def test_a_coarse_mask_is_read_only_by_a_network_that_was_taught_to():
    network = nano_litemedsam().network
    top = network.alone(torch.randn(1, 32, 16, 16))
    points, mask = torch.tensor([[[20.0, 20, 1]]]), torch.full((1, 1, 64, 64), 9.0)
    deaf = network.decode(top, points=points, mask=mask).logits
    assert torch.equal(deaf, network.decode(top, points=points).logits)
    network.reads_masks = True
    assert not torch.equal(deaf, network.decode(top, points=points, mask=mask).logits)
    assert torch.equal(deaf, network.decode(top, points=points).logits)
