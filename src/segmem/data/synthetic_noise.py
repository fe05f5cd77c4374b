"""Smooth randomness: fields over a picture and curves over time, the same numbers on every machine.

Only uniform draws and plain arithmetic are used, so that a seed gives equal bytes wherever IEEE floats do.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def spline(values: Array, n: int, axis: int) -> Array:
    """Stretch `values` along `axis` to `n` samples with a uniform cubic B-spline. Four values at least."""
    spans = values.shape[axis] - 3
    at = np.linspace(0, spans, n, endpoint=False, dtype=np.float32)
    i = at.astype(np.intp)
    f = (at - i).astype(np.float32)
    g = 1 - f
    weights = (g * g * g, (3 * f - 6) * f * f + 4, ((3 - 3 * f) * f + 3) * f + 1, f * f * f)
    shape = [1] * values.ndim
    shape[axis] = n
    out = np.zeros([*values.shape[:axis], n, *values.shape[axis + 1 :]], np.float32)
    for k, w in enumerate(weights):
        out += np.take(values, i + k, axis=axis) * (w.reshape(shape) / 6)
    return out


def field(rng: np.random.Generator, size: tuple[int, int], cell: float | tuple[float, float]) -> Array:
    """A smooth field (H, W) of about -1..1 whose bumps are `cell` pixels (rows, columns) wide."""
    cy, cx = cell if isinstance(cell, tuple) else (cell, cell)
    grid = rng.random((int(size[0] / cy) + 4, int(size[1] / cx) + 4), dtype=np.float32) * 4 - 2
    return spline(spline(grid, size[0], 0), size[1], 1)


def fractal(
    rng: np.random.Generator, size: tuple[int, int], cell: float, octaves: int, gain: float = 0.5
) -> Array:
    """Fields of halving cell and falling weight, summed: about -1..1."""
    out = np.zeros(size, np.float32)
    for k in range(octaves):
        out += field(rng, size, max(cell / 2**k, 1.0)) * np.float32(gain**k)
    return out


def curve(rng: np.random.Generator, n: int, period: float, low: float, high: float) -> Array:
    """A smooth curve (n,) within low..high that changes its mind about every `period` samples."""
    knots = rng.random(int(n / period) + 5, dtype=np.float32) * 1.6 - 0.3
    start = rng.random() * period
    long = spline(knots, round((len(knots) - 3) * period), 0)[int(start) : int(start) + n]
    out: Array = np.float32(low) + np.float32(high - low) * np.clip(long, 0, 1)
    return out


def step(x: Array, low: float, high: float) -> Array:
    """0 below `low`, 1 above `high`, smooth between."""
    t = np.clip((x - np.float32(low)) / np.float32(high - low), 0, 1)
    out: Array = t * t * (3 - 2 * t)
    return out


def sample(image: Array, y: Array, x: Array) -> Array:
    """Read `image` (H, W) at fractional places, bilinear, clamped to the border."""
    y, x = np.clip(y, 0, image.shape[0] - 1.001), np.clip(x, 0, image.shape[1] - 1.001)
    i, j = y.astype(np.intp), x.astype(np.intp)
    fy, fx = (y - i).astype(np.float32), (x - j).astype(np.float32)
    flat, at = image.reshape(-1), i * image.shape[1] + j
    top = flat[at] * (1 - fx) + flat[at + 1] * fx
    low = flat[at + image.shape[1]] * (1 - fx) + flat[at + image.shape[1] + 1] * fx
    out: Array = top * (1 - fy) + low * fy
    return out


def box_blur(image: Array, radius: int, axis: int) -> Array:
    """The mean of 2 * radius + 1 neighbours along `axis`, borders repeated."""
    if radius < 1:
        return image
    pad = [(0, 0)] * image.ndim
    pad[axis] = (radius + 1, radius)
    total = np.pad(image, pad, mode="edge").cumsum(axis=axis, dtype=np.float64)
    n, span = image.shape[axis], 2 * radius + 1
    high = np.take(total, np.arange(span, span + n), axis=axis)
    low = np.take(total, np.arange(n), axis=axis)
    out: Array = ((high - low) / span).astype(np.float32)
    return out
