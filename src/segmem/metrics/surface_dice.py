"""Normalised surface Dice: the share of two surfaces that lies within a tolerance of each other.

Nikolov et al., "Clinically applicable segmentation of head and neck anatomy", 2021, by the definition of their
package surface-distance: the surface runs between pixels or voxels, through the corners that not all of their
neighbours agree on, each weighing the length or area of the piece that marching squares or cubes puts there. MONAI says
the same with `use_subvoxels=True`; without it, it counts pixels as `surface` does, and the numbers differ.
The empty rule is that of `overlap`.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from segmem.core.errors import GeometryError, MissingExtraError, SettingsError
from segmem.metrics.nearest import Mask, cropped, nearest

Sizes = NDArray[np.float64]


def surface_dice(found: Mask, truth: Mask, spacing: Sequence[float], tolerance: float) -> float:
    """NSD of two masks of one shape, (H, W) or (D, H, W): 0 to 1, NaN where both are empty.

    Args:
        found: bool, the prediction.
        truth: bool.
        spacing: of each axis, in the unit of the tolerance; ones for pixels.
        tolerance: how far apart surfaces may be and still agree; that distance itself agrees.

    Raises:
        GeometryError: the shapes differ, the axes are not as many as the spacings, or are not two or three.
        SettingsError: a spacing is not above 0, or the tolerance below 0.
        MissingExtraError: three axes, and MONAI is not installed.
    """
    if not tolerance >= 0:
        raise SettingsError(f"Surface Dice: tolerance {tolerance}. It must be 0 or more.")
    ours, theirs = (_codes(mask) for mask in cropped(found, truth, spacing))
    sizes = _sizes(tuple(float(step) for step in spacing))
    inside = len(sizes) - 1
    here, there = ((codes != 0) & (codes != inside) for codes in (ours, theirs))
    ours_size, theirs_size = sizes[ours[here]], sizes[theirs[there]]
    if not ours_size.size and not theirs_size.size:
        return float("nan")
    agreed = ours_size[nearest(here, there, spacing, tolerance) <= tolerance].sum()
    agreed += theirs_size[nearest(there, here, spacing, tolerance) <= tolerance].sum()
    return float(agreed / (ours_size.sum() + theirs_size.sum()))


def _codes(mask: Mask) -> NDArray[np.uint8]:
    """Which of the 2 x 2 (x 2) neighbours of each corner are inside, a bit each, the last corner the lowest bit."""
    codes = np.zeros(tuple(size - 1 for size in mask.shape), np.uint8)
    offsets = list(product((0, 1), repeat=mask.ndim))
    for bit, offset in enumerate(reversed(offsets)):
        window = tuple(slice(start, start + size) for start, size in zip(offset, codes.shape, strict=True))
        codes |= mask[window].astype(np.uint8) << bit
    return codes


@lru_cache(maxsize=64)
def _sizes(spacing: tuple[float, ...]) -> Sizes:
    """Length (16,) or area (256,) of the surface that each code stands for."""
    if len(spacing) == 2:
        return _lengths(*spacing)
    if len(spacing) != 3:
        raise GeometryError(f"Surface Dice: {len(spacing)} axes. Give a mask of two or three.")
    try:
        from monai.metrics.utils import get_code_to_measure_table
    except ImportError as error:
        raise MissingExtraError(
            "Surface Dice of volumes needs MONAI's table of surfaces: pip install 'segmem[eval]'."
        ) from error
    table, _ = get_code_to_measure_table(spacing)  # type: ignore[no-untyped-call]
    return np.asarray(table.numpy(), np.float64)


def _lengths(high: float, wide: float) -> Sizes:
    """Of the line that parts the inside from the outside among four pixels: above left, right, below left, right."""
    slope = float(np.hypot(high, wide)) / 2
    cut = {0: 0.0, 1: slope, 3: slope, 4: 0.0}  # one corner inside, or one outside, is cut off
    sizes = np.zeros(16)
    for code in range(16):
        above_left, above, below_left, below = ((code >> bit) & 1 for bit in (3, 2, 1, 0))
        if above_left == above and below_left == below and above != below:
            sizes[code] = wide
        elif above_left == below_left and above == below and above != above_left:
            sizes[code] = high
        else:
            sizes[code] = cut.get(code.bit_count(), 2 * slope)
    return sizes
