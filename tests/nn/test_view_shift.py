import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from segmem.nn.view_shift import CHANNELS, STAYING, moved, view_shift

GRID = (6, 8)
CELLS = GRID[0] * GRID[1]


def keys(seed: int, channels: int = 32) -> torch.Tensor:
    """(1, 1, CELLS, channels) of length 1, of a frame like no other."""
    random = torch.Generator().manual_seed(seed)
    return torch.nn.functional.normalize(torch.randn(1, 1, CELLS, channels, generator=random), dim=-1)


def turned(past: torch.Tensor, down: int, across: int) -> torch.Tensor:
    """What a view that moved so shows, with new cells at the side from which they come."""
    there, seen = moved(past, torch.tensor([[[down, across]]]), GRID)
    return torch.where(seen[..., None], there, keys(99, past.shape[-1]))[:, 0]


@given(down=st.integers(-3, 3), across=st.integers(-4, 4), seed=st.integers(0, 9))
def test_a_view_that_moved_is_found_where_it_is(down, across, seed):
    past = keys(seed)
    assert view_shift(turned(past, down, across), past, GRID).tolist() == [[[down, across]]]


def test_each_remembered_frame_of_each_row_has_its_own():
    frames = torch.cat([keys(0), keys(1)], dim=1)
    present = torch.cat([turned(frames[:, :1], 1, 0), turned(frames[:, 1:], 0, -2)])
    shift = view_shift(present, frames.expand(2, -1, -1, -1), GRID)
    assert shift[0, 0].tolist() == [1, 0] and shift[1, 1].tolist() == [0, -2]


@pytest.mark.parametrize(("gain", "expected"), [(STAYING / 2, [0, 0]), (2 * STAYING, [0, 1])])
def test_a_view_stays_unless_it_is_clearly_more_alike_elsewhere(gain, expected):
    """Of cells that are the sum of a still scene and of one that moved by one cell, as much as shares it."""
    still = torch.zeros(1, 1, CELLS, CHANNELS)
    still[..., 0] = 1  # alike at any shift
    past, moving = still.clone(), keys(3, CHANNELS)
    moving[..., 0] = 0
    share = gain**0.5
    past = (1 - gain) ** 0.5 * still + share * torch.nn.functional.normalize(moving, dim=-1)
    present = (1 - gain) ** 0.5 * still + share * turned(torch.nn.functional.normalize(moving, dim=-1), 0, 1)
    assert view_shift(present[:, 0], past, GRID)[0, 0].tolist() == expected


def test_a_shift_that_leaves_too_little_in_common_is_not_believed():
    past = keys(0)
    for across in (6, 7):  # of 8: a quarter of the view is shared, and an eighth
        found = view_shift(turned(past, 0, across), past, GRID)[0, 0].tolist()
        assert (found == [0, across]) is (across == 6)


def test_a_blank_frame_has_not_moved():
    assert view_shift(torch.zeros(1, CELLS, 32), keys(0), GRID).tolist() == [[[0, 0]]]


def test_it_is_found_on_features_in_bfloat16():
    past = keys(0)
    assert view_shift(turned(past, 2, -1).bfloat16(), past.bfloat16(), GRID).tolist() == [[[2, -1]]]


def test_cells_move_as_the_view_does_and_what_left_is_gone():
    kept = torch.arange(1.0, 7).reshape(1, 1, 6, 1)  # 1 2 3 / 4 5 6
    there, seen = moved(kept, torch.tensor([[[1, -1]]]), (2, 3))
    assert there.flatten().tolist() == [0, 0, 0, 2, 3, 0]
    assert seen.flatten().tolist() == [False, False, False, True, True, False]
    stayed, all_seen = moved(kept, torch.tensor([[[0, 0]]]), (2, 3))
    assert torch.equal(stayed, kept) and bool(all_seen.all())
