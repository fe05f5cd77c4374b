"""What a place showed: what cannot be seen now is taken to be where it was."""

import torch
from einops import rearrange
from torch import Tensor, nn

from segmem.nn.matching import LEAST, UNSEEN
from segmem.nn.positions import Grid

REACH = 0.7  # cells, before anything is learnt


class Persistence(nn.Module):
    """A cell reads the masks of the remembered cells around its own place, whatever they look like now.

    The remembered cell j of a frame of rank r has, for the cell i of the present, the weight
    count_rj * exp(recency_r - |i - j|^2 / (2 reach^2)). The frames are summed before the places, and those down and
    across apart from each other, since the Gaussian is the product of the two: it costs next to nothing.

    Args:
        ranks: how many ranks are told apart.
        reach: cells that a part of an object moves between two frames, before anything is learnt.
        fade: by how much the logarithm of the weight falls with each rank, before anything is learnt.
    """

    def __init__(self, ranks: int, reach: float = REACH, fade: float = 0.0) -> None:
        super().__init__()
        self.log_reach = nn.Parameter(torch.tensor(reach).log())
        self.recency = nn.Parameter(-fade * torch.arange(ranks, dtype=torch.float32))

    def forward(self, masks: Tensor, count: Tensor, rank: Tensor, valid: Tensor, grid: Grid) -> Tensor:
        """(R, h*w, S): the mean of the masks around each place, 0..1.

        Args:
            masks: (R, N, h*w, S) of N remembered frames, 0..1, of S parts of a cell.
            count: (R, N, h*w) in 0..1, how much a remembered cell counts.
            rank: (R, N) how recent; 0 is the latest.
            valid: (R, N) bool, which frames may be read; at least one in each row.
            grid: (h, w).
        """
        with torch.autocast(masks.device.type, enabled=False):
            told = torch.where(valid, self.recency[rank.clamp(max=len(self.recency) - 1)], UNSEEN)
            weight = told.softmax(dim=1)[..., None] * count.float().clamp(min=LEAST)
            sums = torch.einsum("rnl,rnls->rls", weight, masks.float())
            parts = torch.cat([sums, rearrange(weight.sum(dim=1), "r l -> r l 1")], dim=-1)
            near = rearrange(parts, "r (h w) s -> r h w s", h=grid[0])
            near = torch.einsum("ih,rhws->riws", self._near(grid[0]), near)
            near = torch.einsum("jw,riws->rijs", self._near(grid[1]), near)
            found = rearrange(near, "r i j s -> r (i j) s")
            return found[..., :-1] / found[..., -1:]

    def _near(self, cells: int) -> Tensor:
        """(cells, cells) in 0..1, how much each of a row counts for each."""
        at = torch.arange(cells, device=self.log_reach.device, dtype=torch.float32) / self.log_reach.exp()
        return (-(at[:, None] - at).square() / 2).exp()
