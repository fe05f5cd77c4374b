"""A picture's perceptual hash: alike for what looks alike, whatever its size or compression."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

SIDE = 16
BITS = SIDE * SIDE
FLAT = 2.0
"""Grey levels of a picture stretched to 0..255 below which there is nothing to know it by."""


def fingerprint(frame: Tensor) -> NDArray[np.bool_] | None:
    """(256,) whether each of 16 x 16 cells of the first channel is darker than its right neighbour.

    Args:
        frame: (C, H, W), any values.

    Returns:
        None where the picture is nearly flat, so that its bits would be noise.
    """
    grey = frame[:1].float()
    grey = torch.where(grey.isfinite(), grey, torch.zeros_like(grey))
    cells = adaptive_avg_pool2d(grey[None], (SIDE, SIDE + 1))[0, 0]
    span = float(grey.max() - grey.min())
    if (
        span == 0
        or float(cells.std()) * 255 / max(span, 255.0 if frame.dtype == torch.uint8 else span) < FLAT
    ):
        return None
    bits: NDArray[np.bool_] = (cells[:, 1:] > cells[:, :-1]).flatten().numpy()
    return bits


def montage(frames: Tensor) -> Tensor:
    """The slices at a quarter, a half and three quarters of a volume (T, C, H, W), side by side (1, H, 3 W)."""
    places = [len(frames) // 4, len(frames) // 2, (3 * len(frames)) // 4]
    return torch.cat([frames[min(place, len(frames) - 1), :1] for place in places], dim=-1)


def near_pairs(
    prints: NDArray[np.bool_], owner: NDArray[np.int64], distance: int, block: int = 2048
) -> list[tuple[int, int, int]]:
    """Pairs of prints (N, 256) of different owners that differ in at most `distance` bits.

    Args:
        owner: (N,) prints of one owner are not compared.

    Returns:
        (first, second, bits) with the closest pair of each two owners, by owner.
    """
    signs = np.where(
        prints, np.float32(1), np.float32(-1)
    )  # their product counts equal bits less unequal ones
    best: dict[tuple[int, int], tuple[int, int, int]] = {}
    bound = prints.shape[1] - 2 * distance
    for start in range(0, len(signs), block):
        rows = signs[start : start + block]
        for begin in range(start, len(signs), block):
            products = rows @ signs[begin : begin + block].T
            for i, j in np.argwhere(products >= bound):
                first, second = start + int(i), begin + int(j)
                pair = int(owner[first]), int(owner[second])
                if first >= second or pair[0] == pair[1]:
                    continue
                bits = (prints.shape[1] - round(float(products[i, j]))) // 2
                key = min(pair), max(pair)
                if key not in best or bits < best[key][2]:
                    best[key] = (first, second, bits)
    return [best[key] for key in sorted(best)]
