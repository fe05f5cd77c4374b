"""The masks of all classes at once become features of a coarser grid: SAM's mask path with a channel a class."""

from torch import Tensor, nn

from segmem.nn.memory_encoder import ChannelNorm

HIDDEN = 64


class ClassMasks(nn.Module):
    """Masks (B, K, p h, p w) to features (B, C, h, w): one strided convolution, then one of 1 x 1.

    All classes pass together, so that their number costs next to nothing: each class has its own filters in the first
    convolution and shares the second.

    Args:
        classes: K.
        width: C.
        patch: p, mask pixels to a cell, along a side.
    """

    def __init__(self, classes: int, width: int, patch: int) -> None:
        super().__init__()
        self.patch = patch
        self.cut = nn.Conv2d(classes, HIDDEN, patch, patch)
        self.norm = ChannelNorm(HIDDEN)
        self.spread = nn.Conv2d(HIDDEN, width, 1)

    def forward(self, masks: Tensor) -> Tensor:
        out: Tensor = self.spread(nn.functional.gelu(self.norm(self.cut(masks))))
        return out
