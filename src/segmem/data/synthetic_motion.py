"""How a hand moves an instrument through a fixed port: it swings, slides in and out, works its jaws."""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from segmem.data.synthetic_noise import Array, curve, step
from segmem.data.synthetic_parts import Pose


@dataclass(frozen=True, slots=True)
class Motion:
    """The path of one tool over T frames.

    Attributes:
        pivot: (x, y) of the port, in pixels, outside of the frame.
        x, y: (T,) the shaft's end.
        bend, opening: (T,) radians, of the wrist and of each jaw.
        roll, glint: (T,) the side of the shaft that is up; extra gloss.
    """

    pivot: tuple[float, float]
    x: Array
    y: Array
    bend: Array
    opening: Array
    roll: Array
    glint: Array

    def pose(self, t: int, scale: float) -> Pose:
        """The shaft's pose at frame `t`, u running back to the port; `scale` in pixels per width."""
        dx, dy = self.pivot[0] - float(self.x[t]), self.pivot[1] - float(self.y[t])
        far = max(sqrt(dx * dx + dy * dy), 1e-3)
        return Pose(
            float(self.x[t]),
            float(self.y[t]),
            (dx / far, dy / far),
            scale,
            float(self.roll[t]),
            float(self.glint[t]),
        )


def make_motion(
    rng: np.random.Generator, frames: int, size: tuple[int, int], side: int, leaves: float
) -> Motion:
    """A path for a tool that enters by `side` (0 left, 1 top, 2 right, 3 bottom).

    Args:
        leaves: chance that it goes out of sight and comes back.
    """
    high, wide = size
    place, out = rng.random() * 1.3 - 0.15, 0.5 + 1.2 * rng.random()
    pivot = {
        0: (-out * wide, place * high),
        1: (place * wide, -out * high),
        2: ((1 + out) * wide, place * high),
        3: (place * wide, (1 + out) * high),
    }[side]
    haste = 20 + 50 * rng.random()
    x = curve(rng, frames, haste, 0.16 * wide, 0.84 * wide)
    y = curve(rng, frames, haste, 0.16 * high, 0.84 * high)
    hold = 0.25 + 0.6 * rng.random()  # a tool works about one place
    x, y = x + (x.mean() - x) * np.float32(1 - hold), y + (y.mean() - y) * np.float32(1 - hold)
    gone = _absence(rng, frames) if rng.random() < leaves else np.zeros(frames, np.float32)
    x, y = x + (np.float32(pivot[0]) - x) * gone, y + (np.float32(pivot[1]) - y) * gone
    return Motion(
        pivot,
        x.astype(np.float32),
        y.astype(np.float32),
        curve(rng, frames, 25, -0.6, 0.6),
        np.maximum(curve(rng, frames, 16, -0.25, 0.75), 0.02),
        curve(rng, frames, 60, 0, 0.8),
        curve(rng, frames, 12, 0, 0.5),
    )


def _absence(rng: np.random.Generator, frames: int) -> Array:
    """(T,) 0 in place to 1 drawn back to the port, once, with a smooth way out and in."""
    t = np.arange(frames, dtype=np.float32)
    middle, half, ease = rng.random() * frames, (0.06 + 0.12 * rng.random()) * frames, 8.0 + 8 * rng.random()
    out: Array = 1 - step(np.abs(t - np.float32(middle)), half, half + ease)
    return out
