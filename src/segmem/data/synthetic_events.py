"""What goes wrong in a surgical video for a moment: blur, dark, something in the way, smoke."""

from dataclasses import dataclass
from math import cos, pi, sin
from typing import Literal, get_args

import numpy as np

from segmem.data.synthetic_noise import Array, box_blur, field, fractal, step

Event = Literal["motion blur", "low light", "occlusion", "smoke", "defocus", "blank"]
ALL: tuple[Event, ...] = get_args(Event)
USUAL: tuple[Event, ...] = ALL[:-1]


@dataclass(frozen=True, slots=True)
class Moment:
    """One event.

    Attributes:
        event: its kind.
        start, stop: frames, half open.
        force: 0.5..1.
        seed: of what is random in it.
    """

    event: Event
    start: int
    stop: int
    force: float
    seed: int


def schedule(rng: np.random.Generator, frames: int, share: float, events: tuple[Event, ...]) -> list[Moment]:
    """Moments of 2 to 6 frames that take about `share` of a clip; the first two frames stay clean."""
    out: list[Moment] = []
    if share <= 0 or not events:
        return out
    clean = 4.0 * (1 - share) / share
    at = 2 + int(rng.random() * clean)
    while at < frames or (not out and frames > 2):
        at = min(at, frames - 1)
        stop = min(at + int(rng.integers(2, 7)), frames)
        event = events[int(rng.integers(len(events)))]
        out.append(Moment(event, at, stop, 0.5 + 0.5 * rng.random(), int(rng.integers(2**31))))
        at = stop + max(1, round((0.5 + rng.random()) * clean))
    return out


def apply(picture: Array, moment: Moment, t: int) -> Array:
    """Frame `t` (H, W, 3), 0..1, with the event on it. What it hides keeps its label."""
    rng = np.random.default_rng(moment.seed)
    unit, force = min(picture.shape[:2]) / 256, moment.force
    if moment.event == "low light":
        return picture * np.float32(0.36 - 0.26 * force)
    if moment.event == "blank":
        return np.full_like(picture, rng.random() * 0.9 if rng.random() < 0.5 else 0.01)
    if moment.event == "smoke":
        return _smoke(rng, picture, force, t - moment.start)
    if moment.event == "occlusion":
        return _occlude(rng, picture, moment, t)
    radius = max(1, round((3 + 7 * force) * unit))
    if moment.event == "motion blur":
        return _smear(picture, radius, rng.random() * 2 * pi)
    soft = max(1, round(radius * 0.5))
    return box_blur(box_blur(box_blur(box_blur(picture, soft, 0), soft, 1), soft, 0), soft, 1)


def _smear(picture: Array, radius: int, angle: float) -> Array:
    """The mean of the picture moved along a line, as a shutter sees a fast camera."""
    c, s = cos(angle), sin(angle)
    padded = np.pad(picture, ((radius, radius), (radius, radius), (0, 0)), mode="edge")
    out = np.zeros_like(picture)
    stops = range(-radius, radius + 1, 2)
    for k in stops:
        y, x = radius + round(s * k), radius + round(c * k)
        out += padded[y : y + picture.shape[0], x : x + picture.shape[1]]
    out /= np.float32(len(stops))
    return out


def _smoke(rng: np.random.Generator, picture: Array, force: float, age: int) -> Array:
    """A pale veil that drifts sideways."""
    high, wide = picture.shape[:2]
    unit = min(high, wide) / 256
    drift = round(age * 4 * unit)
    cloud = fractal(rng, (high, wide + round(32 * unit)), 90 * unit, 3)[:, drift : drift + wide]
    veil = np.clip(np.float32(0.55 * force + 0.30) + np.float32(0.30) * cloud, 0, 0.93)[..., None]
    out: Array = picture + veil * (np.float32(0.45 + 0.3 * rng.random()) - picture)
    return out


def _occlude(rng: np.random.Generator, picture: Array, moment: Moment, t: int) -> Array:
    """A blob of tissue, or a dark thing too near for focus, goes across."""
    size = (picture.shape[0], picture.shape[1])
    unit = min(size) / 256
    angle, cross = rng.random() * 2 * pi, (rng.random() - 0.5) * 0.5
    way = (t - moment.start + 0.5) / (moment.stop - moment.start) - 0.5
    y = _centred(size[0])[:, None] - np.float32(sin(angle) * way + cos(angle) * cross)
    x = _centred(size[1])[None] - np.float32(cos(angle) * way - sin(angle) * cross)
    reach = np.float32(0.16 + 0.22 * moment.force) + field(rng, size, 70 * unit) * np.float32(0.06)
    soft = 0.02 + 0.10 * rng.random()
    mask = step(reach - np.sqrt(x * x + y * y), -soft, soft)[..., None]
    dark = np.full(3, 0.03 + 0.08 * rng.random(), np.float32)
    tone = picture.mean(axis=(0, 1)) * np.float32(1.1) if rng.random() < 0.6 else dark
    relief: Array = fractal(rng, size, 50 * unit, 3)[..., None] * np.float32(0.25)
    body = tone * (1 + relief)
    out: Array = picture + mask * (body - picture)
    return out


def _centred(n: int) -> Array:
    """(n,) places from -0.5 to 0.5."""
    return np.arange(n, dtype=np.float32) / np.float32(n) - np.float32(0.5)
