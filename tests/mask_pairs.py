"""A thousand pairs of masks that measures of surfaces are compared on: 2D and 3D, anisotropic, touching the edge."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

Mask = NDArray[np.bool_]
MANY = 1000


def mask_pairs(many: int = MANY, seed: int = 0) -> Iterator[tuple[Mask, Mask, tuple[float, ...]]]:
    """Prediction, truth, spacing. Every 40th has an empty prediction, every 40th an empty truth, some have both."""
    draw = np.random.default_rng(seed)
    for index in range(many):
        axes = 2 if index % 2 else 3
        shape = tuple(draw.integers(4, 24 if axes == 2 else 13, axes).tolist())
        truth = _blob(draw, shape)
        found = truth ^ (_blob(draw, shape) & (draw.random(shape) < 0.3)) if index % 3 else _blob(draw, shape)
        spacing = tuple(draw.uniform(0.3, 4, axes).round(2).tolist()) if index % 5 else (1.0,) * axes
        if index % 40 in {7, 8}:
            found = np.zeros_like(found)
        if index % 40 in {8, 9}:
            truth = np.zeros_like(truth)
        yield found, truth, spacing


def _blob(draw: np.random.Generator, shape: tuple[int, ...]) -> Mask:
    field = gaussian_filter(draw.standard_normal(shape), draw.uniform(0.5, 2.5))
    return np.asarray(field > np.quantile(field, draw.uniform(0.3, 0.95)))
