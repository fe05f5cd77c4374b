import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from segmem.nn.block_motion import CELLS, REACH, block_motion, brought, cell_side, small_picture

INSIDE = (Ellipsis, slice(3, -3), slice(3, -3))  # where neither the edge nor what came in over it has a say


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


@given(st.integers(1, 3000), st.integers(1, 3000))
def test_cells_are_the_smallest_that_are_few_enough(high, wide):
    side = cell_side((high, wide))
    assert -(-high // side) * -(-wide // side) <= CELLS
    assert side == 1 or -(-high // (side - 1)) * -(-wide // (side - 1)) > CELLS


def test_a_small_picture_holds_the_mean_of_each_cell():
    frame = noise(2, 3, 200, 300)  # cells of 3 x 3, the last row of 2
    small = small_picture(frame)
    assert small.shape == (2, 1, 67, 100)
    assert small[1, 0, 5, 7] == pytest.approx(float(frame[1, :, 15:18, 21:24].mean()), abs=1e-6)
    assert small[1, 0, 66, 7] == pytest.approx(float(frame[1, :, 198:, 21:24].mean()), abs=1e-6)


@pytest.mark.parametrize("down", range(-REACH, REACH + 1))
@pytest.mark.parametrize("across", range(-REACH, REACH + 1))
def test_what_has_moved_is_found_again(down, across):
    before = noise(2, 1, 12, 16)
    now = before.roll((down, across), dims=(2, 3))
    shift, change = block_motion(now, before)
    assert shift[:, 0][INSIDE].eq(-down).all()
    assert shift[:, 1][INSIDE].eq(-across).all()
    assert change[INSIDE].abs().max() < 1e-6
    assert torch.equal(brought(before, shift)[INSIDE], now[INSIDE])


def test_the_difference_is_the_mean_of_nine_cells():
    before, now = torch.zeros(1, 1, 12, 16), torch.zeros(1, 1, 12, 16)
    now[..., 5, 5] = 9.0
    now[..., 0, 0] = 4.0  # of the four that a corner has
    shift, change = block_motion(now, before)
    assert shift.abs().max() == 0
    assert change[0, 0, 4:7, 4:7].flatten().tolist() == [1.0] * 9
    assert change[0, 0, 4, 7] == 0
    assert change[0, 0, 0, 0] == 1.0


def test_a_flat_picture_has_not_moved():
    flat = torch.ones(1, 1, 12, 16)
    shift, change = block_motion(flat, flat)
    assert shift.abs().max() == 0
    assert change.abs().max() == 0


def test_a_noisy_picture_has_not_moved():
    still = F.interpolate(noise(1, 1, 3, 4), size=(48, 64), mode="bicubic")
    grain = 0.003 * torch.randn(2, 1, 48, 64, generator=torch.Generator().manual_seed(1))
    shift, _ = block_motion(still + grain[:1], still + grain[1:])
    assert shift.abs().sum(dim=1).gt(0).float().mean() < 0.02


def test_beyond_the_edge_it_is_as_at_the_edge():
    values = torch.arange(4.0).view(1, 1, 2, 2)
    up = torch.tensor([-1, 0]).view(1, 2, 1, 1).expand(-1, -1, 2, 2)
    assert brought(values, up).flatten().tolist() == [0, 1, 0, 1]
