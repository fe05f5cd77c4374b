"""Finding an object again by likeness: cells of the present read the mask of the past cells that they look like."""

import math

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.nn.positions import Grid

SHARP = 20.0  # a likeness (cosine) of 1 over one of 0, in logits, before anything is learnt
REACH = 6.0  # of objects in a fine embedding
UNSEEN = -1e4  # logit of a frame that may not be read
LEAST = 1e-3  # share in which a cell that counts for nothing is still read, where there is no other


class Matching(nn.Module):
    """Space-time correspondence (STCN, Cheng et al. 2021, section 3), with a preference for cells near by.

    A cell i of the present gives the remembered cell j of a frame of rank r the logit
    sharp * cos(k_i, k_j) - |i - j|^2 / (2 reach^2) + recency_r, and nothing at all a learnt one; the softmax over all
    of them weighs the masks. Before training it finds what looks alike and is near.

    Args:
        channels: of the features.
        width: of the keys.
        ranks: how many ranks are told apart.
        reach: cells that a part of an object moves between two frames, before anything is learnt.
        fade: by how much the logit falls with each rank, before anything is learnt.
    """

    def __init__(
        self, channels: int, width: int, ranks: int, reach: float = REACH, fade: float = 0.0
    ) -> None:
        super().__init__()
        self.key = nn.Conv2d(channels, width, 1)
        nn.init.orthogonal_(self.key.weight)
        nn.init.zeros_(self.key.bias)  # type: ignore[arg-type]
        self.log_sharp = nn.Parameter(torch.tensor(math.log(SHARP)))
        self.log_reach = nn.Parameter(torch.tensor(math.log(reach)))
        self.recency = nn.Parameter(-fade * torch.arange(ranks, dtype=torch.float32))
        self.nothing = nn.Parameter(torch.zeros(()))

    def keys(self, features: Tensor) -> Tensor:
        """(B, h*w, width) of length 1 for (B, C, h, w). What all cells share says nothing: it is taken off."""
        own = features - features.mean(dim=(-2, -1), keepdim=True)
        return F.normalize(rearrange(self.key(own), "b c h w -> b (h w) c").float(), dim=-1)

    def forward(
        self,
        present: Tensor,
        keys: Tensor,
        masks: Tensor,
        rank: Tensor,
        valid: Tensor,
        grid: Grid,
        count: Tensor | None = None,
    ) -> Tensor:
        """(R, h*w, S): how likely each part of each cell shows the object, 0..1.

        Args:
            present: (R, h*w, width) keys of the present frame.
            keys: (R, N, h*w, width) of N remembered frames.
            masks: (R, N, h*w, S) theirs, 0..1: of S parts of a cell, so that what is smaller than a cell is found.
            rank: (R, N) how recent, 0 is a prompted frame.
            valid: (R, N) bool, which frames may be read.
            grid: (h, w).
            count: (R, N, h*w) in 0..1, how much a remembered cell counts, whose logarithm its logit gains. None: alike.
        """
        with torch.autocast(present.device.type, enabled=False):
            reach = self.log_reach.exp()
            place = places(grid, present) / reach
            far = place.square().sum(dim=-1, keepdim=True) / 2
            one = torch.ones_like(far)
            frames = torch.where(valid, self.recency[rank.clamp(max=len(self.recency) - 1)], UNSEEN)
            # one product gives the whole logit: likeness, the three terms of the distance, and the frame's own
            here = torch.cat([place, -far, one, one], dim=-1).expand(len(present), -1, -1)
            there = torch.cat([place, one, -far], dim=-1).expand(*keys.shape[:2], -1, -1)
            asked = torch.cat([present.float() * self.log_sharp.exp(), here], dim=-1)
            own = frames[:, :, None, None].expand(*keys.shape[:3], 1)
            if count is not None:
                own = own + count.float().clamp(min=LEAST).log()[..., None]
            told = rearrange(torch.cat([keys.float(), there, own], dim=-1), "r n l c -> r (n l) c")
            nothing = torch.cat([told.new_zeros(told.shape[-1] - 1), self.nothing[None]])
            told = torch.cat([told, nothing.expand(len(told), 1, -1)], dim=1)
            shown = F.pad(
                rearrange(masks.float(), "r n l s -> r (n l) s"), (0, 0, 0, 1)
            )  # nothing shows nothing
            return _read(asked, told, shown)


def _read(asked: Tensor, told: Tensor, shown: Tensor) -> Tensor:
    """(R, L, S), softmax(asked @ told^T) @ shown, by the kernel that never writes the softmax down. It wants all of one
    width."""
    width = max(asked.shape[-1], shown.shape[-1])
    query, key, value = (F.pad(part, (0, width - part.shape[-1]))[:, None] for part in (asked, told, shown))
    return F.scaled_dot_product_attention(query, key, value, scale=1.0)[:, 0, :, : shown.shape[-1]]


def places(grid: Grid, like: Tensor) -> Tensor:
    """(h*w, 2) of the cells, counted from the middle."""
    h, w = grid
    y = torch.arange(h, device=like.device, dtype=torch.float32) - (h - 1) / 2
    x = torch.arange(w, device=like.device, dtype=torch.float32) - (w - 1) / 2
    return torch.stack(torch.meshgrid(y, x, indexing="ij"), dim=-1).flatten(0, 1)
