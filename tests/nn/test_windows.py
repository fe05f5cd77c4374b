import pytest
import torch
from torch.nn import functional as F

from segmem.nn.windows import Windows


@pytest.mark.parametrize("grid", [(8, 12), (9, 13)])
@pytest.mark.parametrize("side", [0, 4])
def test_cutting_and_joining_gives_the_grid_back(grid, side):
    windows, x = Windows(grid, side), torch.randn(2, *grid, 3)
    if windows.filled == windows:
        assert torch.equal(windows.join(windows.cut(x)), x)
    if side:
        rows = F.pad(x.flatten(0, 2), (0, 0, 0, 1), value=7.0)
        order = windows.rows(2, x.device)
        cut = rows.index_select(0, order.flatten()).view(*order.shape[:3], -1)
        assert torch.equal(windows.join_filled(cut), x)
        beyond = windows.filled.grid[0] * windows.filled.grid[1] - grid[0] * grid[1]
        assert (cut == 7).sum() == 2 * beyond * 3
