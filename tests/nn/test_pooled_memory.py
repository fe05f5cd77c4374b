import pytest
import torch

from nano import TINY, enliven
from segmem.memory import Memory
from segmem.nn.pooled_memory import PooledMemory, PooledMemorySettings

CHANNELS, WIDTH = 12, 8


def memory(alive: bool = True, **changes: object) -> PooledMemory:
    torch.manual_seed(0)
    made = (
        PooledMemory(CHANNELS, PooledMemorySettings(attention=TINY, **changes)).eval().requires_grad_(False)
    )
    if alive:
        enliven(made)
    return made


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def numbers(memory_pool: int, pool: int = 2) -> int:
    """Of a token: the memory encoder's, and a key and a mask for each cell."""
    return TINY.memory_width + memory_pool**2 * (PooledMemorySettings().match_width + pool**2)


def remembered(tokens: torch.Tensor, ages: list[int] | None = None) -> Memory:
    """Frames (R, N, L, C) of ages 1, 2, .."""
    rows, frames = tokens.shape[:2]
    age = torch.tensor([ages or list(range(1, frames + 1))]).expand(rows, -1)
    return Memory(tokens, age, age - 1, torch.ones(rows, frames, dtype=torch.bool))


@pytest.mark.parametrize(("pool", "memory_pool", "tokens"), [(1, 1, 192), (2, 1, 48), (2, 2, 12), (1, 4, 12)])
def test_shapes_follow_the_two_poolings(pool, memory_pool, tokens):
    made, top = memory(pool=pool, memory_pool=memory_pool), noise(1, CHANNELS, 12, 16)
    size = made.mask_size(top)
    assert size == (12 // pool * 16, 16 // pool * 16)
    kept = made.memorise(top, noise(2, 1, *size) * 10)
    assert kept.shape == (2, tokens, numbers(memory_pool, pool))
    assert made.numbers(top) == kept[0].numel()
    looked, where = made.attend(top, remembered(kept[:, None]))
    assert looked.shape == (2, CHANNELS, 12, 16)
    assert where.shape == (2, 1, 12, 16)


def test_a_grid_that_tokens_do_not_divide_is_refused():
    with pytest.raises(ValueError, match="a grid of 5 x 6 cells is no multiple of 2"):
        memory().memorise(noise(1, CHANNELS, 10, 12), noise(1, 1, 80, 96))


def test_an_untrained_memory_adds_nothing_and_finds_what_looks_alike():
    made, top = memory(alive=False), noise(1, CHANNELS, 8, 12)
    mask = torch.full((1, 1, 64, 96), -10.0)
    mask[..., 16:48, 32:80] = 10
    looked, where = made.attend(top, remembered(made.memorise(top, mask)[:, None]))
    assert torch.equal(looked, top)
    inside = where[0, 0] > 0
    assert inside[2:6, 4:10].float().mean() > 0.9
    assert inside.sum() <= 4 * 6


def test_attention_begins_by_looking_at_its_own_place():
    made = memory(alive=False, memory_pool=1)
    tokens = torch.zeros(1, 1, 24, TINY.memory_width)
    one, other = tokens.clone(), tokens.clone()
    one[0, 0, 0] = 0.1  # the first cell
    other[0, 0, 23] = 0.1  # the last
    small = torch.zeros(1, CHANNELS, 4, 6)
    code = made.temporal_code(remembered(tokens))
    plain, first, last = (made._looked(small, each, code, None)[0] for each in (tokens, one, other))
    first, last = (first - plain).norm(dim=0), (last - plain).norm(dim=0)
    assert first[0, 0] > 3 * first[-1, -1]
    assert last[-1, -1] > 3 * last[0, 0]


def test_objects_on_one_image_look_back_each_at_their_own():
    made, tops = memory(), noise(2, CHANNELS, 8, 12)
    tokens = noise(4, 3, 6, numbers(2), seed=1)
    looked, where = made.attend(tops, remembered(tokens))
    for row in range(4):
        alone, there = made.attend(tops[[row // 2]], remembered(tokens[[row]]))
        assert torch.allclose(looked[[row]], alone, atol=1e-5)
        assert torch.allclose(where[[row]], there, atol=1e-5)


def test_memories_of_objects_on_one_image_are_made_each_of_its_own_mask():
    made, tops, masks = memory(), noise(2, CHANNELS, 8, 12), noise(4, 1, 64, 96) * 10
    kept = made.memorise(tops, masks)
    for row in range(4):
        assert torch.allclose(kept[[row]], made.memorise(tops[[row // 2]], masks[[row]]), atol=1e-5)


def test_what_is_not_valid_is_not_seen_and_frames_are_told_apart_by_rank():
    made, top, tokens = memory(), noise(1, CHANNELS, 8, 12), noise(1, 2, 6, numbers(2), seed=1)
    both = remembered(tokens)
    blind = Memory(both.tokens, both.age, both.rank, torch.tensor([[True, False]]))
    assert torch.allclose(
        made.attend(top, blind)[1], made.attend(top, remembered(tokens[:, :1]))[1], atol=1e-5
    )
    exchanged = Memory(both.tokens, both.age, both.rank.flip(1), both.valid)
    assert not torch.allclose(made.attend(top, exchanged)[1], made.attend(top, both)[1], atol=1e-3)
