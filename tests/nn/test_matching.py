import pytest
import torch

from segmem.nn.matching import Matching

CHANNELS, WIDTH, GRID = 12, 8, (4, 6)
CELLS = GRID[0] * GRID[1]


@pytest.fixture
def matching() -> Matching:
    torch.manual_seed(0)
    made = Matching(CHANNELS, WIDTH, 3).requires_grad_(False)
    made.recency.copy_(torch.tensor([0.5, -0.3, 0.1]))
    made.nothing.fill_(2.0)
    return made


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def past(matching: Matching, rows: int, frames: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Keys, masks and ranks of remembered frames."""
    keys = matching.keys(noise(rows * frames, CHANNELS, *GRID, seed=1)).view(rows, frames, CELLS, WIDTH)
    masks = torch.rand(rows, frames, CELLS, 2, generator=torch.Generator().manual_seed(2))
    return keys, masks, torch.arange(frames).expand(rows, -1)


def test_it_is_what_its_formula_says(matching):
    present = matching.keys(noise(2, CHANNELS, *GRID))
    keys, masks, rank = past(matching, 2, 3)
    found = matching(present, keys, masks, rank, torch.ones(2, 3, dtype=torch.bool), GRID)
    sharp, reach = matching.log_sharp.exp(), matching.log_reach.exp()
    for row, cell in ((0, 0), (0, 13), (1, 23)):
        top, bottom = torch.zeros(2), matching.nothing.exp()
        for frame in range(3):
            for other in range(CELLS):
                (y, x), (v, u) = divmod(cell, GRID[1]), divmod(other, GRID[1])
                likeness = torch.dot(present[row, cell], keys[row, frame, other])
                far = ((y - v) ** 2 + (x - u) ** 2) / (2 * reach**2)
                weight = (sharp * likeness - far + matching.recency[frame]).exp()
                top, bottom = top + weight * masks[row, frame, other], bottom + weight
        assert found[row, cell].tolist() == pytest.approx((top / bottom).tolist(), abs=1e-5)


def test_frames_that_may_not_be_read_are_as_if_they_were_not_there(matching):
    present, (keys, masks, rank) = matching.keys(noise(1, CHANNELS, *GRID)), past(matching, 1, 3)
    seen = torch.tensor([[True, False, True]])
    two = matching(present, keys[:, ::2], masks[:, ::2], rank[:, ::2], seen[:, ::2], GRID)
    assert torch.allclose(matching(present, keys, masks, rank, seen, GRID), two, atol=1e-6)


def test_a_cell_that_counts_half_is_read_as_half_of_two(matching):
    present, (keys, masks, rank) = matching.keys(noise(1, CHANNELS, *GRID)), past(matching, 1, 1)
    seen, twice = torch.ones(1, 1, dtype=torch.bool), torch.ones(1, 2, dtype=torch.bool)
    both = matching(
        present,
        keys.repeat(1, 2, 1, 1),
        masks.repeat(1, 2, 1, 1),
        rank.repeat(1, 2),
        twice,
        GRID,
        torch.full((1, 2, CELLS), 0.5),
    )
    assert torch.allclose(both, matching(present, keys, masks, rank, seen, GRID), atol=1e-5)


def test_what_looks_like_nothing_that_was_seen_is_not_found(matching):
    matching.nothing.fill_(30.0)
    present, (keys, _, rank) = matching.keys(noise(1, CHANNELS, *GRID)), past(matching, 1, 2)
    everywhere = torch.ones(1, 2, CELLS, 1)
    found = matching(present, keys, everywhere, rank, torch.ones(1, 2, dtype=torch.bool), GRID)
    assert found.max() < 0.1


def test_keys_have_length_one_and_do_not_heed_what_all_cells_share(matching):
    features = noise(2, CHANNELS, *GRID)
    keys = matching.keys(features)
    assert keys.shape == (2, CELLS, WIDTH)
    assert torch.allclose(keys.norm(dim=-1), torch.ones(2, CELLS), atol=1e-5)
    assert torch.allclose(keys, matching.keys(features + noise(2, CHANNELS, 1, 1, seed=3)), atol=1e-4)


def test_a_rank_beyond_the_last_counts_as_the_last(matching):
    present, (keys, masks, _) = matching.keys(noise(1, CHANNELS, *GRID)), past(matching, 1, 2)
    seen = torch.ones(1, 2, dtype=torch.bool)
    last, beyond = (matching(present, keys, masks, torch.tensor([[0, rank]]), seen, GRID) for rank in (2, 9))
    assert torch.equal(last, beyond)
