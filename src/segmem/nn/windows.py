"""A grid of cells cut into windows, and put together again."""

from typing import NamedTuple

import torch
from einops import rearrange
from torch import Tensor
from torch.nn import functional as F

from segmem.nn.positions import Grid


class Windows(NamedTuple):
    """How a grid is cut into windows of `side` cells; side 0 leaves it whole, as one window.

    Cells are kept as (M, y, x, C): M windows of y x x cells, the images of a batch one after another.
    """

    grid: Grid
    side: int

    @property
    def whole(self) -> "Windows":
        """The same grid uncut."""
        return Windows(self.grid, 0)

    @property
    def halved(self) -> "Windows":
        """The same windows after pooling by two."""
        return Windows((self.grid[0] // 2, self.grid[1] // 2), self.side // 2)

    @property
    def filled(self) -> "Windows":
        """The same windows on the grid they cover, which may reach beyond."""
        if not self.side:
            return self
        h, w = self.grid
        return Windows((h + -h % self.side, w + -w % self.side), self.side)

    def cut(self, x: Tensor) -> Tensor:
        """Windows of a whole grid (B, h, w, C) that they cover exactly."""
        if not self.side:
            return x
        return rearrange(x, "b (Y y) (X x) c -> (b Y X) y x c", y=self.side, x=self.side)

    def join(self, x: Tensor) -> Tensor:
        """The whole grid (B, h, w, C) of windows that cover it exactly."""
        if not self.side:
            return x
        down, across = (length // self.side for length in self.grid)
        return rearrange(x, "(b Y X) y x c -> b (Y y) (X x) c", Y=down, X=across)

    def rows(self, batch: int, device: torch.device) -> Tensor:
        """(M, y, x, 1) the row of each cell where B grids are (B h w + 1, C); the last row is all beyond the grid."""
        (h, w), (high, wide) = self.grid, self.filled.grid
        beyond = batch * h * w
        places = torch.arange(beyond, device=device).view(-1, h, w)
        return self.filled.cut(F.pad(places, (0, wide - w, 0, high - h), value=beyond)[..., None])

    def join_filled(self, x: Tensor) -> Tensor:
        """The whole grid (B, h, w, C) of windows that may reach beyond it."""
        places = torch.arange(x.shape[:3].numel(), device=x.device).view(*x.shape[:3], 1)
        order = self.filled.join(places)[:, : self.grid[0], : self.grid[1]]
        return x.flatten(0, 2).index_select(0, order.flatten()).view(*order.shape[:3], -1)
