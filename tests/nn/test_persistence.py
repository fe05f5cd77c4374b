import pytest
import torch

from segmem.nn.matching import LEAST
from segmem.nn.persistence import Persistence

GRID = (3, 4)
CELLS = GRID[0] * GRID[1]


@pytest.fixture
def stay() -> Persistence:
    made = Persistence(3).requires_grad_(False)
    made.recency.copy_(torch.tensor([0.5, -0.3, 0.1]))
    return made


def past(frames: int = 3) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Masks, counts, ranks and validity of remembered frames."""
    random = torch.Generator().manual_seed(0)
    masks, count = (torch.rand(2, frames, CELLS, *last, generator=random) for last in ((5,), ()))
    return masks, count, torch.arange(frames).expand(2, -1), torch.ones(2, frames, dtype=torch.bool)


def test_it_is_what_its_formula_says(stay):
    masks, count, rank, valid = past()
    found = stay(masks, count, rank, valid, GRID)
    assert found.shape == (2, CELLS, 5)
    for row, cell in ((0, 0), (1, 7)):
        top, bottom = torch.zeros(5), torch.zeros(())
        for frame in range(3):
            for other in range(CELLS):
                (y, x), (v, u) = divmod(cell, GRID[1]), divmod(other, GRID[1])
                far = ((y - v) ** 2 + (x - u) ** 2) / (2 * stay.log_reach.exp() ** 2)
                weight = count[row, frame, other] * (stay.recency[frame] - far).exp()
                top, bottom = top + weight * masks[row, frame, other], bottom + weight
        assert found[row, cell].tolist() == pytest.approx((top / bottom).tolist(), abs=1e-5)


def test_frames_that_may_not_be_read_are_as_if_they_were_not_there(stay):
    masks, count, rank, valid = past()
    valid[:, 1] = False
    two = stay(masks[:, ::2], count[:, ::2], rank[:, ::2], valid[:, ::2], GRID)
    assert torch.allclose(stay(masks, count, rank, valid, GRID), two, atol=1e-6)


def test_what_was_spoilt_when_it_was_remembered_gives_way_to_what_was_not(stay):
    masks, _, rank, valid = past(2)
    masks[:, 0], masks[:, 1] = 0.0, 1.0
    count = torch.zeros(2, 2, CELLS)
    count[:, 1] = 1
    assert stay(masks, count, rank, valid, GRID).min() > 1 - 4 * LEAST


def test_where_all_was_spoilt_the_latest_is_as_good_as_any(stay):
    masks, _, rank, valid = past(2)
    nothing = stay(masks, torch.zeros(2, 2, CELLS), rank, valid, GRID)
    assert torch.allclose(nothing, stay(masks, torch.full((2, 2, CELLS), 0.5), rank, valid, GRID), atol=1e-5)
