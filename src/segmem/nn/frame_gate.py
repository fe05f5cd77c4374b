"""A gate on a whole frame: how much of what memory says is taken, told from the present frame's features alone."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

OPEN = 4.0  # it begins at the sigmoid of this: all but open


class FrameGate(nn.Linear):
    """One linear layer on mean and deviation of the channels; it begins all but open, whatever it sees.

    Args:
        channels: C of the feature map.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(2 * channels, 1)
        nn.init.zeros_(self.weight)
        nn.init.constant_(self.bias, OPEN)

    def doubt(self, top: Tensor) -> Tensor:
        """(B, 1, 1, 1) logits that a frame is spoilt, from its features (B, C, h, w)."""
        with torch.autocast(top.device.type, enabled=False):
            logits: Tensor = self(moments(top))
        return logits[:, :, None, None]

    def loss(self, top: Tensor, spoilt: Tensor) -> Tensor:
        """Binary cross-entropy over features (N, C, h, w); of `spoilt` (N, H, W) in 0..1 a frame is if a pixel is."""
        told = (spoilt > 0).flatten(1).any(dim=1).float()
        return F.binary_cross_entropy_with_logits(self.doubt(top).flatten(), told)


def moments(top: Tensor) -> Tensor:
    """(B, 2 C) mean and deviation of the channels of (B, C, h, w), normalised over all of them."""
    told = torch.cat([top.mean(dim=(2, 3)), top.std(dim=(2, 3))], dim=1).float()
    return F.layer_norm(told, told.shape[1:])
