"""What instruments are made of: steel and worn tube, and how light falls across them."""

import numpy as np

from segmem.data.synthetic_noise import Array, field


def grey_cast(rng: np.random.Generator, amount: float) -> Array:
    """(3,) a colour near grey."""
    out: Array = 1 + (rng.random(3, dtype=np.float32) - np.float32(0.5)) * np.float32(amount)
    return out


def across(rng: np.random.Generator, gloss: float) -> Array:
    """Brightness (96,) across a cylinder lit from somewhere: dark at the edges, one or two bright lines."""
    s = np.linspace(-1, 1, 96, dtype=np.float32)
    lit = np.float32(rng.random() * 1.1 - 0.55)
    out: Array = np.float32(0.28) + np.float32(0.78) * np.maximum(1 - (s - lit) ** 2, 0)
    for _ in range(int(rng.integers(1, 3))):
        middle, wide = lit * np.float32(0.8 + 0.5 * rng.random()), np.float32(0.06 + 0.16 * rng.random())
        line = np.maximum(1 - ((s - middle) / wide) ** 2, 0)
        out += np.float32(gloss * (0.4 + 0.6 * rng.random())) * line**2
    out *= np.minimum(1, (1 - np.abs(s)) * 5 + np.float32(0.45))
    return out


def steel(rng: np.random.Generator, tone: float, size: tuple[int, int], marks: int) -> Array:
    """Machined steel (U, V, 3) of brightness `tone`: streaks; slots, gaps, pins and facets as `marks`."""
    rows, columns = size
    out = np.float32(tone) * (
        1 + field(rng, size, (20, 5)) * np.float32(0.22) + field(rng, size, (5, 20)) * np.float32(0.16)
    )
    y, x = np.indices(size, dtype=np.float32)
    for _ in range(marks):
        down = np.abs(y - rng.random(dtype=np.float32) * rows) / np.float32(
            (0.02 + 0.16 * rng.random()) * rows
        )
        right = np.abs(x - rng.random(dtype=np.float32) * columns) / np.float32(
            (0.02 + 0.10 * rng.random()) * columns
        )
        far = np.maximum(down, right) if rng.random() < 0.6 else down * down + right * right
        to = 0.06 + 0.1 * rng.random() if rng.random() < 0.55 else 0.9 + 0.3 * rng.random()
        out += np.clip((np.float32(1.3) - far) * 3, 0, 1) * (np.float32(to) - out)
    steel: Array = np.clip(out, 0.03, 1.2)[..., None] * grey_cast(rng, 0.10)
    return steel


def tube(rng: np.random.Generator, metal: float, reach: float, collared: float) -> Array:
    """The shaft's skin (U, V, 3), V all the way round: dark or silver, with rings, print and a steel collar.

    Args:
        metal: brightness of the collar.
        reach: shaft widths that U stands for.
        collared: chance of the collar.
    """
    size, per = (768, 64), 768 / reach
    dark = rng.random() < 0.7
    tone = (0.10 + 0.20 * rng.random()) if dark else (0.35 + 0.4 * rng.random())
    wear = field(rng, size, (40, 6)) * np.float32(0.05) + field(rng, size, (6, 3)) * np.float32(0.04)
    out: Array = (np.float32(tone) * (1 + wear))[..., None] * grey_cast(rng, 0.16)
    if rng.random() < collared:
        collar = int((0.35 + 1.1 * rng.random()) * per)
        streaks = 1 + field(rng, (collar, size[1]), (30, 3)) * np.float32(0.15)
        out[:collar] = (np.float32(metal) * streaks)[..., None] * grey_cast(rng, 0.08)
        out[collar - 2 : collar + 1] *= np.float32(0.4)
    for _ in range(int(rng.integers(0, 4))):
        at = int(rng.random() * 5 * per)
        ring = rng.random(3, dtype=np.float32) if rng.random() < 0.3 else np.ones(3, np.float32)
        out[at : at + int(rng.integers(1, 8))] = ring * np.float32(0.25 + 0.7 * rng.random())
    if rng.random() < 0.45:
        _print(rng, out, per, 0.9 if dark else 0.1)
    return out


def _print(rng: np.random.Generator, skin: Array, per: float, tone: float) -> None:
    """Strokes like lettering along one side of a tube, in place."""
    at, side = (1.2 + 2 * rng.random()) * per, int(rng.integers(0, 40))
    high = int(rng.integers(5, 14))
    for _ in range(int(rng.integers(6, 14))):
        wide = int((0.10 + 0.3 * rng.random()) * per)
        for _ in range(3):
            i, j = int(at + rng.random() * wide), side + int(rng.random() * high)
            if rng.random() < 0.5:
                skin[i : i + 3, side : side + high] = tone
            else:
                skin[int(at) : int(at) + wide, j : j + 2] = tone
        at += wide + 0.12 * per
