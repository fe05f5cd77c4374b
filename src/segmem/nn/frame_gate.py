"""A gate on a whole frame: how much of what memory says is taken, told from the present frame's features alone."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

OPEN = 4.0  # it begins at the sigmoid of this: all but open
USUAL_SHARE = 0.2  # of a frame's cells, the most usual ones, that tell whether all of it is strange


class FrameGate(nn.Linear):
    """One linear layer on mean and deviation of the channels; it begins all but open, whatever it sees.

    Args:
        channels: of each of the feature maps that it sees.
    """

    def __init__(self, *channels: int) -> None:
        super().__init__(2 * sum(channels), 1)
        nn.init.zeros_(self.weight)
        nn.init.constant_(self.bias, OPEN)

    def doubt(self, maps: Sequence[Tensor], strange: Tensor | None = None) -> Tensor:
        """(B, 1, 1, 1) logits that a frame is spoilt.

        Args:
            maps: its feature maps, (B, C, h, w) each, of one grid.
            strange: (B, 1, h, w) logits that its cells gain or lose by being unlike what is remembered; the frame
                gains what its most usual cells do.
        """
        with torch.autocast(maps[0].device.type, enabled=False):
            logits: Tensor = self(moments(maps))
        logits = logits[:, :, None, None]
        return logits if strange is None else logits + everywhere(of_this_scene(strange, logits.sigmoid()))

    def loss(self, maps: Sequence[Tensor], spoilt: Tensor) -> Tensor:
        """Binary cross-entropy over maps (N, C, h, w); of `spoilt` (N, H, W) in 0..1 a frame is if a pixel is."""
        told = (spoilt > 0).flatten(1).any(dim=1).float()
        return F.binary_cross_entropy_with_logits(self.doubt(maps).flatten(), told)


def everywhere(strange: Tensor) -> Tensor:
    """(B, 1, 1, 1), what all but a few of the cells (B, 1, h, w) exceed."""
    return strange.float().flatten(1).quantile(USUAL_SHARE, dim=1)[:, None, None, None]


def of_this_scene(strange: Tensor, spoilt: Tensor) -> Tensor:
    """(B, 1, h, w), how strange cells are, less where all of a frame is that was taken for clear.

    What is unlike all that is remembered nearly everywhere, and looks sound, is another scene: the past knows nothing
    of it. What is blurred, dark or blank all over is strange too, but does not look sound.

    Args:
        strange: (B, 1, h, w) logits that cells gain or lose by being unlike what is remembered.
        spoilt: (B, 1, 1, 1) probability that the frame is spoilt as a whole, by its looks.
    """
    cut = (1 - spoilt) * everywhere(strange).clamp(min=0).tanh()
    return torch.where(strange > 0, strange * (1 - cut), strange)


def moments(maps: Sequence[Tensor]) -> Tensor:
    """(B, 2 C) mean and deviation of the channels of maps (B, C, h, w), normalised over all of a map."""
    return torch.cat([_moments(one) for one in maps], dim=1)


def _moments(one: Tensor) -> Tensor:
    told = torch.cat([one.mean(dim=(2, 3)), one.std(dim=(2, 3))], dim=1).float()
    return F.layer_norm(told, told.shape[1:])
