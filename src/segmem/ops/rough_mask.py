"""Rough masks: the cells of a grid that an object lies in, as a person brushes over it, in a network's logits."""

from torch import Tensor
from torch.nn import functional as F

SURE = 10.0  # logit of a pixel that a rough mask names
SHARE = 0.25  # of a cell that the object covers, from which on a rough mask names the cell
CELLS = 16  # along the longer side of the grid, where a person says no more


def rough_mask(mask: Tensor, cell: int, low: tuple[int, int]) -> Tensor:
    """Logits `low` of the cells that a mask (H, W) covers in good part: what a person brushes roughly over.

    Of an object thinner than that everywhere, the cells that it covers most are named.
    """
    share = F.avg_pool2d(mask[None, None].float(), cell, ceil_mode=True)
    named = (share >= min(SHARE, float(share.max()))) & (share > 0)
    rough = F.interpolate((named.to(mask) * 2 - 1) * SURE, scale_factor=cell, mode="nearest")
    h, w = mask.shape
    return F.interpolate(rough[..., :h, :w], low, mode="area")[0, 0]


def middle(mask: Tensor) -> tuple[float, float]:
    """(x, y) of the pixel of a mask (H, W) that lies nearest to the mean of all of them."""
    inside = mask.nonzero().float()
    nearest = inside[(inside - inside.mean(dim=0)).square().sum(dim=1).argmin()]
    y, x = nearest.tolist()
    return x, y


def cell_of(grid: tuple[int, int]) -> int:
    """Pixels along a side of the cells on a grid (H, W): 16 of LiteMedSAM's 256, 64 of SAM2's 1024."""
    return max(1, max(grid) // CELLS)
