"""A gate on each cell: how much of what memory says is taken there, told from the present frame's features, and from
how unlike they are to what is remembered."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.nn.frame_gate import OPEN, everywhere, moments, of_this_scene

HIDDEN = 32
DIMMED = 0.5  # how far a frame is spoilt that is dark, blurred or veiled as a whole: something can still be made out
DROPPED = 0.2  # share of the channels hidden while it learns: no one video's colours must tell what is spoilt
FAINTEST = 1e-6  # probability that is still told from zero and one


class CellGate(nn.Module):
    """Two opinions: each cell's with its neighbours, and the whole frame's from mean and deviation of its channels.

    What a cell says counts, but in a frame that is dark, blurred or veiled all over every cell is half spoilt, and no
    more. It begins all but open everywhere.

    Both were taught on other video than the one at hand, where they may be wrong. How strange a place is, next to what
    this stream has shown before, is known on any: the logits are added, as independent reasons are (naive Bayes).
    A frame that is strange all over and looks sound is another scene, and not doubted for it (`of_this_scene`).

    Args:
        channels: of each of the feature maps that it sees.
    """

    def __init__(self, *channels: int) -> None:
        super().__init__()
        self.near = nn.Conv2d(sum(channels), HIDDEN, 3, padding=1)
        self.around = nn.Conv2d(HIDDEN, HIDDEN, 3, padding=1)
        self.cell = nn.Conv2d(HIDDEN, 1, 3, padding=1)
        self.whole = nn.Linear(2 * sum(channels), HIDDEN)
        self.frame = nn.Linear(HIDDEN, 1)
        for last, begin in ((self.cell, OPEN), (self.frame, -OPEN)):
            nn.init.zeros_(last.weight)
            nn.init.constant_(last.bias, begin)  # type: ignore[arg-type]

    def doubt(self, maps: Sequence[Tensor], strange: Tensor | None = None) -> Tensor:
        """(B, 1, h, w) logits that a cell is spoilt.

        Args:
            maps: the frame's feature maps, (B, C, h, w) each, of one grid.
            strange: (B, 1, h, w) logits that its cells gain or lose by being unlike what is remembered; None where
                nothing is. The frame's opinion gains what its most usual cells do.
        """
        cell, frame = self._opinions(maps)
        if strange is not None:
            most = cell.flatten(1).median(dim=1).values[:, None, None, None]
            strange = of_this_scene(strange, torch.maximum(frame, most).sigmoid())
            cell, frame = cell + strange, frame + everywhere(strange)
        return together(cell, frame)

    def loss(self, maps: Sequence[Tensor], spoilt: Tensor) -> Tensor:
        """Binary cross-entropy of the cells' opinions and of the frame's.

        Args:
            maps: (N, C, h, w) each.
            spoilt: (N, H, W) in 0..1: a cell is spoilt if a pixel in it is; a frame is dimmed if all of it is spoilt
                and something is left of it.
        """
        cell, frame = self._opinions(maps, DROPPED if self.training else 0.0)
        told = F.adaptive_max_pool2d((spoilt > 0).float()[:, None], cell.shape[-2:])
        least = spoilt.flatten(1).amin(dim=1)
        dimmed = ((least > 0) & (least < 1)).float()
        return F.binary_cross_entropy_with_logits(cell, told) + F.binary_cross_entropy_with_logits(
            frame.flatten(), dimmed
        )

    def _opinions(self, maps: Sequence[Tensor], dropped: float = 0.0) -> tuple[Tensor, Tensor]:
        """Logits (B, 1, h, w) and (B, 1, 1, 1), with a share of the channels hidden."""
        with torch.autocast(maps[0].device.type, enabled=False):
            maps = [one.float() for one in maps]
            cells = torch.cat([_even(one) for one in maps], dim=1)
            hidden = F.gelu(self.near(F.dropout2d(cells, dropped)))
            hidden = hidden + F.gelu(self.around(hidden))
            whole = F.gelu(self.whole(F.dropout(moments(maps), dropped)))
            return self.cell(hidden), self.frame(whole)[:, :, None, None]


def _even(one: Tensor) -> Tensor:
    """(B, C, h, w), the channels of each cell normalised."""
    return F.layer_norm(one.movedim(1, -1), one.shape[1:2]).movedim(-1, 1)


def together(cell: Tensor, frame: Tensor) -> Tensor:
    """The logit of p (1 - q) + q / 2, of the logits of p and q, which broadcast."""
    q = frame.sigmoid()
    spoilt = cell.sigmoid() * (1 - q) + DIMMED * q
    return spoilt.clamp(FAINTEST, 1 - FAINTEST).logit()
