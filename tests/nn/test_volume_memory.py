import pytest
import torch
from torch import nn

from nano import TINY
from segmem.memory import Memory
from segmem.nn.volume_memory import VolumeMemory


def part(said: bool = True) -> VolumeMemory:
    torch.manual_seed(0)
    made = VolumeMemory(12, TINY, pool=2, codes=4, classes=2).eval()
    if said:
        nn.init.normal_(made.back.weight)
    return made


def remembered(made: VolumeMemory, top: torch.Tensor, valid=((True, True), (True, True))) -> Memory:
    with torch.no_grad():
        tokens = made.memorise(
            top, torch.rand(len(top), 2, 16, 20, generator=torch.Generator().manual_seed(2))
        )
    twice = torch.stack([tokens, tokens.flip(1)], dim=1)
    rank = torch.tensor([[0, 3]]).expand(len(top), -1)
    return Memory(twice, rank, rank, torch.tensor(valid))


@pytest.fixture
def top() -> torch.Tensor:
    return torch.randn(2, 12, 4, 5, generator=torch.Generator().manual_seed(1))


@torch.no_grad()
def test_it_begins_as_nothing(top):
    made = part(said=False)
    assert torch.equal(made.attend(top, remembered(made, top)), top)


@torch.no_grad()
def test_nothing_remembered_changes_nothing(top):
    made = part()
    assert made.attend(top, None) is top
    looked = made.attend(top, remembered(made, top, ((True, False), (False, False))))
    assert torch.equal(looked[1], top[1])
    assert not torch.allclose(looked[0], top[0])


@torch.no_grad()
def test_what_is_not_valid_is_not_seen(top):
    made = part()
    memory = remembered(made, top, ((True, False), (True, False)))
    plain = made.attend(top, memory)
    memory.tokens[:, 1] = 100
    assert torch.equal(made.attend(top, memory), plain)


@torch.no_grad()
def test_each_class_s_mask_is_remembered_as_its_own(top):
    made, masks = part(), torch.zeros(2, 2, 16, 20)
    masks[:, 0, 4:12, 4:12] = 1
    assert not torch.allclose(made.memorise(top, masks), made.memorise(top, masks.flip(1)), atol=1e-4)


@torch.no_grad()
def test_masks_of_any_size_are_taken(top):
    made = part()
    tokens = made.memorise(top, torch.rand(2, 2, 33, 41))
    assert tokens.shape == (2, 2 * 3, 8)  # a rest counts as a cell


def test_gradients_reach_every_part(top):
    made = part()
    tokens = made.memorise(top, torch.rand(2, 2, 16, 20))
    rank = torch.tensor([[0, 3]]).expand(2, -1)
    memory = Memory(torch.stack([tokens, tokens * 2], dim=1), rank, rank, rank >= 0)
    made.attend(top, memory).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in made.parameters())
    assert len(list(made.look_parameters())) < len(list(made.parameters()))
