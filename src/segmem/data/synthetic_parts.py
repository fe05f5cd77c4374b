"""One rigid part of an instrument: an outline along its axis with a painted surface, drawn with soft edges.

A part's own coordinates: `u` runs along it from its joint, `v` across it, both in shaft widths.
"""

from dataclasses import dataclass
from math import cos, sin

import numpy as np
from numpy.typing import NDArray

from segmem.data.synthetic_noise import Array


@dataclass(frozen=True, slots=True)
class Part:
    """A part between v = low(u) and v = high(u), for u in 0..length.

    Attributes:
        length: along u.
        low, high: (S,) edges at S equal steps of u.
        surface: (U, V, 3) paint, about 0..1.
        shade: (V',) brightness across, from low to high.
        label: its class.
        round: whether the surface goes round a cylinder, so that a roll brings up another side.
    """

    length: float
    low: Array
    high: Array
    surface: Array
    shade: Array
    label: int
    round: bool = False


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a part is in a frame: its joint in pixels, its axis as a unit vector, pixels per shaft width."""

    x: float
    y: float
    along: tuple[float, float]
    scale: float
    roll: float = 0.0
    glint: float = 0.0

    def at(self, u: float, v: float) -> tuple[float, float]:
        """The pixel (x, y) of a place on the part."""
        (c, s), k = self.along, self.scale
        return self.x + (u * c - v * s) * k, self.y + (u * s + v * c) * k

    def jointed(self, u: float, v: float, turn: float) -> "Pose":
        """The pose of a part hinged at (u, v), turned by `turn` radians."""
        (c, s), (tc, ts) = self.along, (cos(turn), sin(turn))
        x, y = self.at(u, v)
        return Pose(x, y, (c * tc - s * ts, s * tc + c * ts), self.scale, self.roll, self.glint)


@dataclass(frozen=True, slots=True)
class _Window:
    """The pixels a part can touch, each with its own coordinates there."""

    rows: slice
    columns: slice
    u: Array
    v: Array


def _window(part: Part, pose: Pose, size: tuple[int, int], margin: float) -> _Window | None:
    edges = (float(part.low.min()), float(part.high.max()))
    ends = [pose.at(u, v) for u in (0.0, part.length) for v in edges]
    x, y = [e[0] for e in ends], [e[1] for e in ends]
    left, right = max(int(min(x) - margin), 0), min(int(max(x) + margin) + 2, size[1])
    top, bottom = max(int(min(y) - margin), 0), min(int(max(y) + margin) + 2, size[0])
    if left >= right or top >= bottom:
        return None
    (c, s), k = pose.along, pose.scale
    dx = (np.arange(left, right, dtype=np.float32) - np.float32(pose.x)) / np.float32(k)
    dy = ((np.arange(top, bottom, dtype=np.float32) - np.float32(pose.y)) / np.float32(k))[:, None]
    c32, s32 = np.float32(c), np.float32(s)
    return _Window(slice(top, bottom), slice(left, right), dx * c32 + dy * s32, dy * c32 - dx * s32)


def _inside(part: Part, at: _Window, scale: float) -> tuple[Array, NDArray[np.intp]]:
    """Signed distance to the outline in pixels, positive inside; and the outline's sample of every pixel."""
    last = len(part.low) - 1
    i = np.clip(at.u * np.float32(last / part.length), 0, last).astype(np.intp)
    across = np.minimum(at.v - part.low[i], part.high[i] - at.v)
    along = np.minimum(at.u, np.float32(part.length) - at.u)
    return np.minimum(across, along) * np.float32(scale), i


def draw(part: Part, pose: Pose, picture: Array, labels: NDArray[np.uint8]) -> None:
    """Paint a part over `picture` (H, W, 3) and its class into `labels` (H, W), both in place."""
    at = _window(part, pose, (labels.shape[0], labels.shape[1]), 1)
    if at is None:
        return
    depth, i = _inside(part, at, pose.scale)
    y, x = np.nonzero(depth > -0.5)
    if not len(y):
        return
    depth, i, u, v = depth[y, x], i[y, x], at.u[y, x], at.v[y, x]
    low, high = part.low[i], part.high[i]
    s = np.clip((v - low) / np.maximum(high - low, np.float32(1e-3)), 0, 0.999)
    rows, columns = part.surface.shape[:2]
    row = np.clip(u * np.float32(rows / part.length), 0, rows - 1).astype(np.intp)
    turned = (s * np.float32(0.5) + np.float32(pose.roll)) % 1 if part.round else s
    paint = part.surface[row, np.minimum((turned * columns).astype(np.intp), columns - 1)]
    shade = part.shade[(s * len(part.shade)).astype(np.intp)]
    paint = paint * shade[:, None] + (np.maximum(shade - 1, 0) * np.float32(pose.glint))[:, None]
    y, x = y + at.rows.start, x + at.columns.start
    under = picture[y, x]
    picture[y, x] = under + np.clip(depth + np.float32(0.5), 0, 1)[:, None] * (paint - under)
    solid = depth >= 0
    labels[y[solid], x[solid]] = part.label


def cast(part: Part, pose: Pose, picture: Array, strength: float, soft: float) -> None:
    """Darken `picture` (H, W, 3) in place by a part's shadow at `pose`, with `soft` pixels of half-shade."""
    at = _window(part, pose, (picture.shape[0], picture.shape[1]), soft)
    if at is None:
        return
    depth, _ = _inside(part, at, pose.scale)
    dark = np.clip(depth / np.float32(2 * soft) + np.float32(0.5), 0, 1) * np.float32(strength)
    picture[at.rows, at.columns] *= (1 - dark)[..., None]
