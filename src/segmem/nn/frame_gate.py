"""A gate on a whole frame: how much of what memory says is taken, told from the present frame's features alone."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

OPEN = 4.0  # it begins at the sigmoid of this: all but open
USUAL_SHARE = 0.2  # of a frame's cells, the most usual ones, that tell whether all of it is strange


class FrameGate(nn.Linear):
    """One linear layer on mean and deviation of the channels; it begins all but open, whatever it sees.

    Args:
        channels: C of the feature map.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(2 * channels, 1)
        nn.init.zeros_(self.weight)
        nn.init.constant_(self.bias, OPEN)

    def doubt(self, top: Tensor, strange: Tensor | None = None) -> Tensor:
        """(B, 1, 1, 1) logits that a frame is spoilt, from its features (B, C, h, w).

        Args:
            top: the features.
            strange: (B, 1, h, w) logits that its cells gain or lose by being unlike what is remembered; the frame
                gains what its most usual cells do.
        """
        with torch.autocast(top.device.type, enabled=False):
            logits: Tensor = self(moments(top))
        logits = logits[:, :, None, None]
        return logits if strange is None else logits + everywhere(strange)

    def loss(self, top: Tensor, spoilt: Tensor) -> Tensor:
        """Binary cross-entropy over features (N, C, h, w); of `spoilt` (N, H, W) in 0..1 a frame is if a pixel is."""
        told = (spoilt > 0).flatten(1).any(dim=1).float()
        return F.binary_cross_entropy_with_logits(self.doubt(top).flatten(), told)


def everywhere(strange: Tensor) -> Tensor:
    """(B, 1, 1, 1), what all but a few of the cells (B, 1, h, w) exceed."""
    return strange.float().flatten(1).quantile(USUAL_SHARE, dim=1)[:, None, None, None]


def moments(top: Tensor) -> Tensor:
    """(B, 2 C) mean and deviation of the channels of (B, C, h, w), normalised over all of them."""
    told = torch.cat([top.mean(dim=(2, 3)), top.std(dim=(2, 3))], dim=1).float()
    return F.layer_norm(told, told.shape[1:])
