"""A coarse mask of where memory sees an object, and the box that a mask decoder can be asked with."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LEAST = 1e-3  # likelihoods are told from this to 1 less it


class CoarseMask(nn.Module):
    """Where the object is, on the embedding's own grid: what matching found, corrected.

    Args:
        channels: of the embedding.
        width: of memory attention's answer.
        head: channels that each of them is brought to.
    """

    def __init__(self, channels: int, width: int, head: int) -> None:
        super().__init__()
        self.seen, self.looked = nn.Conv2d(channels, head, 1), nn.Conv2d(width, head, 1)
        self.mix = nn.Conv2d(2 * head + 2, 2 * head, 3, padding=1)
        self.correct = nn.Conv2d(2 * head, 1, 3, padding=1)
        for parameter in self.correct.parameters():
            nn.init.zeros_(parameter)

    def forward(self, top: Tensor, looked: Tensor, found: Tensor) -> Tensor:
        """Logits (R, 1, h, w) from (B, C, h, w), (R, width, h', w') and likelihoods (R, 1, h, w)."""
        likely = found.float().clamp(LEAST, 1 - LEAST)  # in half precision 1 less a little is 1
        begun = likely.logit()
        around = F.interpolate(self.looked(looked), top.shape[-2:], mode="bilinear", align_corners=False)
        own = self.seen(top).repeat_interleave(len(around) // len(top), dim=0)
        known = torch.cat([own, around, begun.to(own.dtype), likely.to(own.dtype)], dim=1)
        correction: Tensor = self.correct(F.gelu(self.mix(known)))
        return begun + correction


def box_of(mask: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Boxes (R, 4) as (x0, y0, x1, y1) in pixels of `size` around what is above 0 in (R, 1, h, w), and whether
    there is anything (R,) bool; the box of nothing is the whole image."""
    inside = mask[:, 0] > 0
    there = inside.flatten(1).any(dim=1)
    edges = []
    for axis, length in ((1, size[1]), (2, size[0])):  # columns that hold some row, then rows
        some = inside.any(dim=axis)
        cells = some.shape[1]
        first = some.float().argmax(dim=1)
        last = cells - some.flip(1).float().argmax(dim=1)
        edges.append((first * length / cells, last * length / cells))
    (x0, x1), (y0, y1) = edges
    box = torch.stack([x0, y0, x1, y1], dim=1).float()
    everything = box.new_tensor([0, 0, size[1], size[0]])
    return torch.where(there[:, None], box, everything), there
