import pytest
import torch

from nano import TINY, enliven
from segmem.memory import Memory
from segmem.nn.pooled_memory import PooledMemory, PooledMemorySettings, box_of

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


def remembered(tokens: torch.Tensor, ages: list[int] | None = None) -> Memory:
    """Frames (R, N, L, C) of ages 1, 2, .."""
    rows, frames = tokens.shape[:2]
    age = torch.tensor([ages or list(range(1, frames + 1))]).expand(rows, -1)
    return Memory(tokens, age, age - 1, torch.ones(rows, frames, dtype=torch.bool))


@pytest.mark.parametrize(("pool", "memory_pool", "tokens"), [(1, 1, 140), (2, 1, 35), (2, 2, 12), (3, 2, 4)])
def test_shapes_follow_the_two_poolings(pool, memory_pool, tokens):
    made, top = memory(pool=pool, memory_pool=memory_pool), noise(1, CHANNELS, 10, 14)
    size = made.mask_size(top)
    assert size == (10 // pool * 16, 14 // pool * 16)
    kept = made.memorise(top, noise(2, 1, *size) * 10)
    assert kept.shape == (2, tokens, TINY.memory_width)
    assert made.numbers(top) == kept[0].numel()
    looked, where = made.attend(top, remembered(kept[:, None]))
    assert looked.shape == (2, CHANNELS, 10, 14)
    assert where.shape == (2, 1, 10 // pool, 14 // pool)


def test_an_untrained_memory_adds_nothing_and_finds_nothing():
    made, top = memory(alive=False), noise(1, CHANNELS, 8, 12)
    looked, where = made.attend(top, remembered(noise(1, 2, 6, TINY.memory_width)))
    assert torch.equal(looked, top)
    assert (where < 0).all()


def test_an_untrained_memory_begins_by_looking_at_its_own_place():
    made = memory(alive=False, memory_pool=1)
    torch.nn.init.normal_(
        made.where.weight, generator=torch.Generator().manual_seed(0)
    )  # it begins at zero, and would tell nothing
    tokens = torch.zeros(1, 1, 24, TINY.memory_width)
    one, other = tokens.clone(), tokens.clone()
    one[0, 0, 0] = 0.1  # the first cell
    other[0, 0, 23] = 0.1  # the last
    top = torch.zeros(1, CHANNELS, 8, 12)
    plain, first, last = (made.attend(top, remembered(each))[1][0, 0] for each in (tokens, one, other))
    assert (first - plain).abs()[0, 0] > 3 * (first - plain).abs()[-1, -1]
    assert (last - plain).abs()[-1, -1] > 3 * (last - plain).abs()[0, 0]


def test_objects_on_one_image_look_back_each_at_their_own():
    made, tops = memory(), noise(2, CHANNELS, 8, 12)
    tokens = noise(4, 3, 6, TINY.memory_width, seed=1)
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
    made, top, tokens = memory(), noise(1, CHANNELS, 8, 12), noise(1, 2, 6, TINY.memory_width, seed=1)
    both = remembered(tokens)
    blind = Memory(both.tokens, both.age, both.rank, torch.tensor([[True, False]]))
    assert torch.allclose(
        made.attend(top, blind)[1], made.attend(top, remembered(tokens[:, :1]))[1], atol=1e-5
    )
    exchanged = Memory(both.tokens, both.age, both.rank.flip(1), both.valid)
    assert not torch.allclose(made.attend(top, exchanged)[1], made.attend(top, both)[1], atol=1e-3)


def test_the_box_reaches_around_all_that_is_inside_to_the_cells_edges():
    mask = torch.full((2, 1, 4, 6), -1.0)
    mask[0, 0, 1, 2], mask[0, 0, 2, 4] = 1, 1
    mask[1, 0, 3, 5] = 1
    box, there = box_of(mask, (64, 96))
    assert box.tolist() == [[32, 16, 80, 48], [80, 48, 96, 64]]
    assert there.tolist() == [True, True]


def test_the_box_of_nothing_is_the_whole_image():
    box, there = box_of(torch.zeros(1, 1, 4, 6), (64, 96))
    assert box.tolist() == [[0, 0, 96, 64]]
    assert there.tolist() == [False]
