"""A gate on each cell: how much of what memory says is taken there, told from the present frame's features alone."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.nn.frame_gate import OPEN, moments

HIDDEN = 32


class CellGate(nn.Module):
    """Each cell with its neighbours, and mean and deviation of the whole frame; it begins all but open everywhere.

    Args:
        channels: C of the feature map.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.near = nn.Conv2d(channels, HIDDEN, 3, padding=1)
        self.whole = nn.Linear(2 * channels, HIDDEN)
        self.say = nn.Conv2d(HIDDEN, 1, 3, padding=1)
        nn.init.zeros_(self.say.weight)
        nn.init.constant_(self.say.bias, OPEN)  # type: ignore[arg-type]

    def doubt(self, top: Tensor) -> Tensor:
        """(B, 1, h, w) logits that a cell is spoilt, from the features (B, C, h, w)."""
        with torch.autocast(top.device.type, enabled=False):
            top = top.float()
            cells = F.layer_norm(top.movedim(1, -1), top.shape[1:2]).movedim(-1, 1)
            out: Tensor = self.say(F.gelu(self.near(cells) + self.whole(moments(top))[:, :, None, None]))
        return out
