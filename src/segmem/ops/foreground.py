"""The box of a scan that holds something, told by its intensities alone."""

import math
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Box = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
"""First index and one past the last, of each axis."""

_SAMPLE = 1_000_000  # voxels that a threshold is taken from
_BINS = 256
_CLEAR = (0.5, 99.5)  # percentiles: metal must not take all bins of the histogram


def foreground_box(
    scan: Tensor,
    spacing_mm: tuple[float, float, float],
    above: Literal["otsu", "percentile"],
    percentile: float,
    margin_mm: float,
) -> Box:
    """The smallest box of (T, C, H, W) that holds every voxel above the threshold, with a margin.

    Noise can only make it larger. A scan without contrast is left whole.

    Args:
        spacing_mm: along (T, H, W).
        above: what the threshold is: Otsu's (1979), or a percentile of the values.
        percentile: which.
        margin_mm: added on every side, as far as the scan goes.
    """
    grey = torch.nan_to_num(scan.float().mean(dim=1), nan=-math.inf, posinf=-math.inf, neginf=-math.inf)
    values = _sample(grey)
    whole: Box = ((0, grey.shape[0]), (0, grey.shape[1]), (0, grey.shape[2]))
    if values.size == 0 or values.min() == values.max():
        return whole
    threshold = otsu(values) if above == "otsu" else float(np.percentile(values, percentile))
    inside = grey > threshold
    if not bool(inside.any()):
        return whole
    first, second, third = (
        _span(inside.any(dim=others), step, margin_mm)
        for others, step in zip(((1, 2), (0, 2), (0, 1)), spacing_mm, strict=True)
    )
    return first, second, third


def otsu(values: NDArray[np.float32]) -> float:
    """The threshold that parts values (N,) into two classes of least variance (Otsu 1979), of 256 steps between
    their outermost half percent."""
    low, high = (float(value) for value in np.percentile(values, _CLEAR))
    if high <= low:
        low, high = float(values.min()), float(values.max())
    counts, edges = np.histogram(np.clip(values, low, high), bins=_BINS, range=(low, high))
    share = counts / counts.sum()
    centre = (edges[:-1] + edges[1:]) / 2
    below, mass = np.cumsum(share)[:-1], np.cumsum(share * centre)
    both = below * (1 - below)
    between = np.where(both > 0, (mass[-1] * below - mass[:-1]) ** 2 / np.where(both > 0, both, 1), 0)
    best = np.flatnonzero(between == between.max())
    return float(edges[1:-1][best[len(best) // 2]])  # the middle of a gap, where there is one


def _sample(grey: Tensor) -> NDArray[np.float32]:
    flat = grey.flatten()
    taken = flat[:: max(1, flat.numel() // _SAMPLE)].numpy(force=True)
    return np.asarray(taken[np.isfinite(taken)], np.float32)


def _span(there: Tensor, step_mm: float, margin_mm: float) -> tuple[int, int]:
    found = there.nonzero()
    margin = math.ceil(margin_mm / step_mm)
    return max(0, int(found[0]) - margin), min(len(there), int(found[-1]) + 1 + margin)
