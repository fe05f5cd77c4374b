"""Wet tissue under a lamp: a picture larger than the frame, looked at through a drifting camera."""

from dataclasses import dataclass

import numpy as np

from segmem.data.synthetic_noise import Array, curve, field, fractal, sample, spline, step

COLOURS = np.array(
    [
        (0.66, 0.41, 0.34),  # salmon
        (0.60, 0.34, 0.28),  # muscle
        (0.50, 0.23, 0.25),  # liver
        (0.34, 0.17, 0.13),  # dark brown
        (0.76, 0.50, 0.48),  # pink serosa
        (0.55, 0.27, 0.34),  # purple red
        (0.82, 0.56, 0.24),  # yellow fat
        (0.78, 0.62, 0.42),  # pale fat
        (0.70, 0.60, 0.60),  # fascia
        (0.44, 0.43, 0.47),  # grey-blue gallbladder
        (0.46, 0.09, 0.08),  # blood
    ],
    np.float32,
)
OFTEN = np.array((5, 5, 4, 3, 3, 3, 2, 2, 1, 1, 1), np.float64)  # of each colour
MARGIN = 1.3  # the picture's side over the frame's


@dataclass(frozen=True, slots=True)
class Tissue:
    """What the camera can see of one scene. The picture is MARGIN times the frame.

    Attributes:
        picture: (H', W', 3) float32, about 0..1, without highlights.
        wet: (H', W') where highlights may sit; they light up above 0.
        ripple: (H', W') how highlights move against the tissue.
        rows, columns: (T, H) and (T, W), where in the picture each frame's rows and columns lie.
        shift: (T,) of the ripple, in pixels.
    """

    picture: Array
    wet: Array
    ripple: Array
    rows: Array
    columns: Array
    shift: Array

    def view(self, t: int) -> Array:
        """Frame `t` (H, W, 3), float32."""
        y, x = self.rows[t], self.columns[t]
        out = _look(self.picture, y, x)
        wet = _look(self.wet, y, x)
        j = np.clip(x.astype(np.intp) + int(self.shift[t]), 0, self.ripple.shape[1] - 1)
        wet += self.ripple[y.astype(np.intp)][:, j]
        light = np.clip(wet * 3, 0, 0.95)[..., None]
        out += light * (np.float32(1.7) - out)  # brighter than white: it stays white where the lamp is weak
        return out


def _look(image: Array, y: Array, x: Array) -> Array:
    """Rows `y` and columns `x` of a picture, bilinear; a camera without roll, so one axis at a time."""
    i, j = y.astype(np.intp), x.astype(np.intp)
    ends = (1,) * (image.ndim - 2)
    fy, fx = (y - i).reshape(-1, 1, *ends), (x - j).reshape(1, -1, *ends)
    rows = image[i]
    rows += (image[i + 1] - rows) * fy
    out = rows[:, j]
    out += (rows[:, j + 1] - out) * fx
    return out


def make_tissue(rng: np.random.Generator, frames: int, size: tuple[int, int]) -> Tissue:
    """Tissue for a clip of `frames` frames of `size` (H, W)."""
    large = (round(size[0] * MARGIN) + 2, round(size[1] * MARGIN) + 2)
    unit = min(size) / 256
    picture, height = _organs(rng, large, unit)
    slope = np.gradient(height * 14 * unit)
    down, right = slope[0] / unit, slope[1] / unit
    side = rng.random() * 2 - 1
    shade = np.clip(1 - (down * 0.9 + right * side) * (0.3 + 0.5 * rng.random()), 0.25, 1.9).astype(
        np.float32
    )
    picture *= shade[..., None]
    _vessels(rng, picture, unit)
    wet = field(rng, large, (3.0 * unit, 4.0 * unit)) * 0.5 + field(rng, large, 1.6 * unit) * 0.35
    patches = step(fractal(rng, large, 60 * unit, 2), -0.2, 0.9)
    wet += (shade - 1) * 0.9 + patches * 0.8 - (1.0 + 0.9 * rng.random())
    ripple = field(rng, large, 7.0 * unit) * np.float32(0.25)
    rows, columns = _camera(rng, frames, size)
    shift = curve(rng, frames, 20, 0, 12 * unit)
    return Tissue(np.clip(picture, 0, 1.2), wet, ripple, rows, columns, shift)


def _organs(rng: np.random.Generator, size: tuple[int, int], unit: float) -> tuple[Array, Array]:
    """Layers of tissue one upon the other: colour (H, W, 3), height (H, W)."""
    height = fractal(rng, size, (40 + 60 * rng.random()) * unit, 3) * np.float32(0.5)
    picture = _material(rng, size, unit, height)
    for _ in range(int(rng.integers(0, 4))):
        outline = fractal(rng, size, (70 + 70 * rng.random()) * unit, 3, 0.4) - np.float32(rng.random() * 0.9)
        inside = step(outline, 0, 0.04 + 0.16 * rng.random())[..., None]
        rim = step(outline, -0.35, 0.05) * (1 - inside[..., 0])
        height += step(outline, -0.05, 0.7) * np.float32(0.8 * rng.random())
        picture *= (1 - np.float32(0.5) * rim)[..., None]
        picture += inside * (_material(rng, size, unit, height) - picture)
    return picture, height


def _material(rng: np.random.Generator, size: tuple[int, int], unit: float, height: Array) -> Array:
    """One tissue: a mottled colour (H, W, 3); may fold, form lobules or fibres, which adds to `height`."""
    row = int(np.searchsorted(OFTEN.cumsum(), rng.random() * OFTEN.sum(), side="right"))
    colour = COLOURS[row] * (0.75 + 0.5 * rng.random()) + (rng.random(3) - 0.5) * 0.06
    mottle = fractal(rng, size, (14 + 26 * rng.random()) * unit, 5, 0.75) * np.float32(
        0.03 + 0.07 * rng.random()
    )
    kind = rng.integers(4)
    if kind == 0:
        crease = np.abs(fractal(rng, size, (40 + 50 * rng.random()) * unit, 3, 0.45))
        cut = 1 - step(crease, 0, 0.10)
        height += np.minimum(crease, 0.5)
        mottle -= cut * np.float32(0.35 * rng.random())
    elif kind == 1:
        lobes = _lobules(rng, size, (9 + 18 * rng.random()) * unit)
        height += lobes * np.float32(0.05 + 0.35 * rng.random())
        mottle += (lobes - 0.5) * np.float32(0.3 * rng.random())
    elif kind == 2:
        long = (60 + 60 * rng.random()) * unit
        cell = (4 * unit, long) if rng.random() < 0.5 else (long, 4 * unit)
        fibres = _bend(rng, field(rng, size, cell), unit)
        height += fibres * np.float32(0.06 * rng.random())
        mottle += fibres * np.float32(0.10 * rng.random())
    towards = np.array((0.06, 0.10, 0.08), np.float32) * (rng.random(3, dtype=np.float32) - np.float32(0.5))
    tint = fractal(rng, size, 50 * unit, 2)[..., None] * towards
    out: Array = np.clip(colour, 0.04, 1).astype(np.float32) * (1 + mottle)[..., None] + tint
    return out


def _bend(rng: np.random.Generator, image: Array, unit: float) -> Array:
    """Push a field about, so that straight lines become bowed."""
    y, x = np.indices(image.shape, dtype=np.float32)
    reach = np.float32(18 * unit)
    return sample(
        image,
        y + field(rng, (image.shape[0], image.shape[1]), 60 * unit) * reach,
        x + field(rng, (image.shape[0], image.shape[1]), 60 * unit) * reach,
    )


def _lobules(rng: np.random.Generator, size: tuple[int, int], cell: float) -> Array:
    """Round lobules like fat, 0 in the gaps to 1 on top: distance to the nearest of jittered grid points."""
    y, x = np.indices(size, dtype=np.float32) / np.float32(cell)
    jitter = rng.random((int(size[0] / cell) + 4, int(size[1] / cell) + 4, 2), dtype=np.float32)
    i, j = y.astype(np.intp) + 1, x.astype(np.intp) + 1
    nearest = np.full(size, 9, np.float32)
    for di in (-1, 0, 1):
        for dj in (-1, 0, 1):
            point = jitter[i + di, j + dj]
            d = (i + di - 1 + point[..., 0] - y) ** 2 + (j + dj - 1 + point[..., 1] - x) ** 2
            nearest = np.minimum(nearest, d.astype(np.float32))
    return 1 - np.minimum(nearest, 1)


def _vessels(rng: np.random.Generator, picture: Array, unit: float) -> None:
    """Branching dark red lines: the zero lines of bent fields, only where another field lets them."""
    size = (picture.shape[0], picture.shape[1])
    for _ in range(int(rng.integers(0, 3))):
        lines = np.abs(_bend(rng, fractal(rng, size, (35 + 50 * rng.random()) * unit, 2, 0.4), unit))
        thin = 1 - step(lines, 0.01, 0.03 + 0.04 * rng.random())
        thin *= step(field(rng, size, 50 * unit), 0, 0.7) * np.float32(0.25 + 0.5 * rng.random())
        ink = np.array((0.45, 0.10, 0.12) if rng.random() < 0.75 else (0.85, 0.70, 0.68), np.float32)
        picture += thin[..., None] * (ink - picture)


def _camera(rng: np.random.Generator, frames: int, size: tuple[int, int]) -> tuple[Array, Array]:
    """Rows (T, H) and columns (T, W) of the picture that each frame sees: drift, zoom, breathing."""
    out = []
    zoom = curve(rng, frames, 90, 0.86, 1.06)[:, None]
    for side in size:
        place = (np.arange(side, dtype=np.float32) - side / 2)[None]
        drift = curve(rng, frames, 60, -0.08 * side, 0.08 * side)[:, None]
        swell = (
            spline(rng.random(7, dtype=np.float32) - 0.5, side, 0)[None]
            * curve(rng, frames, 18, 0, 0.03 * side)[:, None]
        )
        at = place * zoom + drift + swell + np.float32(side * MARGIN / 2)
        out.append(np.clip(at, 0, round(side * MARGIN)).astype(np.float32))
    return out[0], out[1]
