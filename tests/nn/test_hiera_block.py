import pytest
import torch
from torch.nn import functional as F

from named_weights import by_name
from segmem.nn.hiera_block import HieraBlock, WindowAttention
from segmem.nn.temporal_adapter import Passage, TemporalAdapter, TemporalSettings
from segmem.nn.windows import Windows


@torch.no_grad()
@pytest.mark.parametrize("pool", [False, True])
def test_cells_beyond_the_grid_are_zeros_before_the_projection(pool):
    torch.manual_seed(0)
    attention, x = WindowAttention(8, 16, 2, pool), torch.randn(2, 6, 10, 8)

    ours = attention(x, side=4)

    filled = F.pad(x, (0, 0, 0, 2, 0, 2))
    windows = Windows((8, 12), 4)
    seen = attention(windows.cut(filled))
    joined = (windows.halved if pool else windows).join(seen)
    assert torch.allclose(ours, joined[:, : ours.shape[1], : ours.shape[2]], atol=1e-6)


RELEASED = {"windowed": (0, 96, 4, False), "windowed_padded": (0, 96, 4, False)} | {
    "pooled": (1, 192, 4, True),
    "full": (7, 96, 0, False),
}


@torch.no_grad()
@pytest.mark.parametrize("case", RELEASED)
def test_blocks_with_an_adapter_agree_with_the_released_code(golden_values, case):
    theirs = golden_values("samed2/adapter.npz")
    number, width, side, pool = RELEASED[case]
    block = HieraBlock(96, width, width // 96, side, pool)
    block.adapter = TemporalAdapter(width, TemporalSettings(time="windows"))
    by_name(block, f"image_encoder.trunk.blocks.{number}.")
    x = torch.from_numpy(theirs[f"{case}_input"])
    out, after = block(x, Windows(tuple(x.shape[1:3]), 0), Passage())
    assert torch.allclose(after.join(out), torch.from_numpy(theirs[f"{case}_output"]), atol=1e-4)
