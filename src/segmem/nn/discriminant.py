"""Linear discriminants of a stream's own classes: a class is known again by its features, wherever it is.

Fisher's discriminant analysis (1936), fitted while the stream runs to cells that the network is sure of. It needs no
labels; Iwasawa and Matsuo (2021) adjust a classifier to new data so, with class means alone.
"""

import torch
from einops import rearrange
from torch import Tensor
from torch.nn import functional as F

from segmem.memory import ClassSums
from segmem.nn.positions import Grid

SURE = 0.9  # probability of a class above which a pixel is taken to show it
RIDGE = 0.1  # of the mean variance, added to all, since neighbours are alike and cells are few
WIDEST = 256  # channels; more are averaged in groups of neighbours
ENOUGH = 1.0  # cells of a class, before it is known
FAINTEST = 1e-6  # probability that is still told from zero
TINY = 1e-12  # variance, of features that are all the same


@torch.no_grad()
def looks(top: Tensor, grid: Grid) -> Tensor:
    """(B, cells, C') float32 of features (B, C, h, w): a row for each cell, of `WIDEST` numbers at most."""
    rows = F.adaptive_avg_pool2d(top.float(), grid).flatten(2).mT
    return rows if rows.shape[-1] <= WIDEST else F.adaptive_avg_pool1d(rows, WIDEST)


@torch.no_grad()
def class_sums(rows: Tensor, probabilities: Tensor, clear: Tensor, grid: Grid) -> ClassSums:
    """What one frame shows of each class.

    Args:
        rows: (B, cells, C) of `looks`.
        probabilities: (B, K, H, W) that the network gave it.
        clear: (B, cells, 1) in 0..1, how far a cell is not spoilt: so much it counts.
        grid: (h, w) of the cells.
    """
    with torch.autocast(rows.device.type, enabled=False):
        sure = F.adaptive_avg_pool2d((probabilities > SURE).float(), grid).flatten(2) * clear.float().mT
        return ClassSums(sure.sum(dim=-1), sure @ rows, rows.mT @ (rows * sure.sum(dim=1)[..., None]))


@torch.no_grad()
def class_likelihoods(sums: ClassSums, rows: Tensor, grid: Grid) -> Tensor:
    """(B, K, h, w) logarithms of the probability of each class in each cell, by its looks alone: none is more frequent
    than another.

    They are Gaussians with a mean a class and one covariance, S + ridge * mean(diag(S)) * I. A class that the stream
    has not shown yet is as likely as the likeliest of the others, and where it has shown but one, all are alike.

    Args:
        sums: of the stream.
        rows: (B, cells, C) of `looks`.
        grid: (h, w) of the cells.
    """
    with torch.autocast(rows.device.type, enabled=False):
        number = sums.number.clamp(min=ENOUGH)[..., None]
        means = sums.first / number
        within = (sums.second - sums.first.mT @ means) / number.sum(dim=1, keepdim=True)
        spread = within.diagonal(dim1=-2, dim2=-1).mean(dim=-1)[:, None, None]
        within = within + (RIDGE * spread + TINY) * torch.eye(rows.shape[-1], device=rows.device)
        weights = torch.cholesky_solve(means.mT, torch.linalg.cholesky_ex(within).L)  # C K
        told = rows @ weights - (means.mT * weights).sum(dim=-2, keepdim=True) / 2
        known = (sums.number >= ENOUGH)[:, None]
        best = told.masked_fill(~known, -torch.inf).amax(dim=-1, keepdim=True)
        several = known.sum(dim=-1, keepdim=True) > 1
        told = torch.where(several, torch.where(known, told, best), 0.0)
        logs = told.softmax(dim=-1).clamp(min=FAINTEST).log()
        return rearrange(logs, "b (h w) k -> b k h w", h=grid[0])
