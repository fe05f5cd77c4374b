"""Pictures in small cells, as streams compare them, and some that show nothing."""

import torch

from segmem.nn.block_motion import small_picture

SIZE = (24, 32)
WIDE = (60, 80)


def picture(seed: int = 0, size: tuple[int, int] = SIZE) -> torch.Tensor:
    return small_picture(torch.randn(1, 3, *size, generator=torch.Generator().manual_seed(seed)) * 4)


def blank(level=-2.0, size=SIZE):
    return torch.full((1, 1, *size), level)


def with_a_clock(seen):
    seen[..., :2, :4] = 1.0
    return seen


def padded(seen):
    """Rows below that no frame has, and one that is half of them."""
    seen[..., -4:, :], seen[..., -5, :] = 0.0, seen[..., -5, :] / 2
    return seen
