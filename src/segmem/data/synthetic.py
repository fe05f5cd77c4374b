"""Clips of surgical instruments over tissue, drawn from a seed with their exact label maps."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segmem.core.errors import UsageError
from segmem.data.synthetic_events import USUAL, Event, apply, schedule
from segmem.data.synthetic_instrument import Instrument, make_instrument
from segmem.data.synthetic_motion import Motion, make_motion
from segmem.data.synthetic_noise import Array, box_blur, curve
from segmem.data.synthetic_surface import grey_cast
from segmem.data.synthetic_tissue import make_tissue

CLASSES = ("background", "shaft", "manipulator")


@dataclass(frozen=True, slots=True)
class SyntheticClip:
    """A drawn clip and its truth.

    Attributes:
        frames: (T, 3, H, W) uint8 RGB, a view of channels-last memory.
        labels: (T, H, W) uint8: 0 background, 1 shaft, 2 manipulator (the wrist and its jaws). They say where
            the instrument is, whatever can be seen of it: blur, dark, smoke and things in the way change no
            label. Only where the lens never shows anything (black corners or bars) there is background.
        hard: (T,) bool, the frames with such an event.
    """

    frames: Tensor
    labels: Tensor
    hard: Tensor


@dataclass(frozen=True, slots=True)
class _Camera:
    """What lens, lamp and sensor do to every frame."""

    light: Array  # (H, W, 1)
    exposure: Array  # (T,)
    tint: Array  # (3,)
    gamma: float
    blur: int
    noise: Array  # (H + 64, W + 64, 3), shown through a window that jumps


def make_clip(
    seed: int,
    frames: int = 60,
    size: tuple[int, int] = (256, 320),
    hard_share: float = 0.25,
    events: tuple[Event, ...] = USUAL,
    instruments: int | None = None,
) -> SyntheticClip:
    """Draw the clip of a seed: same seed and arguments, same bytes.

    Args:
        seed: of everything.
        frames: T.
        size: (H, W) in pixels; everything scales with the shorter side.
        hard_share: about the share of frames with an event; above 0 a clip of three frames or more has one.
        events: the kinds to draw from. It changes no tissue, tool or path.
        instruments: 0 to 3; none lets the seed choose one or two.

    Raises:
        UsageError: an argument is out of its range.
    """
    if frames < 1 or min(size) < 16 or not 0 <= hard_share <= 1 or instruments not in (None, 0, 1, 2, 3):
        raise UsageError(
            f"make_clip: frames={frames}, size={size}, hard_share={hard_share}, instruments={instruments}:"
            " it takes 1 frame or more of 16 x 16 pixels or more, a share of 0 to 1 and 0 to 3 instruments."
        )
    scene = _Scene(seed, frames, size, instruments)
    moments = schedule(scene.rng, frames, hard_share, events)
    pictures = np.empty((frames, *size, 3), np.uint8)
    labels = np.zeros((frames, *size), np.uint8)
    hard = np.zeros(frames, bool)
    for t in range(frames):
        picture = scene.frame(t, labels[t])
        for moment in moments:
            if moment.start <= t < moment.stop:
                picture, hard[t] = apply(picture, moment, t), True
        pictures[t] = scene.sense(picture)
    rgb = torch.from_numpy(pictures).permute(0, 3, 1, 2)
    return SyntheticClip(rgb, torch.from_numpy(labels), torch.from_numpy(hard))


class _Scene:
    """All that a seed decides, ready to be filmed."""

    def __init__(self, seed: int, frames: int, size: tuple[int, int], instruments: int | None) -> None:
        of_tissue, of_crew, of_camera, self.rng, self.grain = np.random.default_rng(seed).spawn(5)
        self.tissue = make_tissue(of_tissue, frames, size)
        self.crew = _crew(of_crew, frames, size, instruments)
        self.camera = _camera(of_camera, frames, size)
        self.shadow = 0.5 * self.grain.random()

    def frame(self, t: int, labels: NDArray[np.uint8]) -> Array:
        """Frame `t` (H, W, 3), 0..1, as it falls on the sensor; fills `labels` (H, W)."""
        picture = self.tissue.view(t)
        for tool, path, scale in self.crew:
            bend, opening = float(path.bend[t]), float(path.opening[t])
            tool.paint(path.pose(t, scale), bend, opening, picture, labels, self.shadow)
        labels *= self.camera.light[..., 0] > 0
        picture *= self.camera.light * (self.camera.exposure[t] * self.camera.tint)
        if self.camera.blur:
            picture = box_blur(box_blur(picture, self.camera.blur, 0), self.camera.blur, 1)
        return np.clip(picture, 0, 1, out=picture)

    def sense(self, picture: Array) -> NDArray[np.uint8]:
        """Tone curve, noise, bytes."""
        i, j = self.grain.integers(64, size=2)
        out = picture + picture * (1 - picture) * np.float32(1 - self.camera.gamma)
        out += self.camera.noise[i : i + picture.shape[0], j : j + picture.shape[1]]
        return (np.clip(out, 0, 1) * np.float32(255) + np.float32(0.5)).astype(np.uint8)


def _crew(
    rng: np.random.Generator, frames: int, size: tuple[int, int], number: int | None
) -> list[tuple[Instrument, Motion, float]]:
    """The tools with their paths and pixels per shaft width; each enters by a side of its own."""
    count = (1 if rng.random() < 0.45 else 2) if number is None else number
    sides = rng.permutation(4)
    out = []
    for k in range(count):
        tool = make_instrument(rng)
        motion = make_motion(rng, frames, size, int(sides[k]), leaves=0.3)
        out.append((tool, motion, tool.width_px * min(size) / 256))
    return out


def _camera(rng: np.random.Generator, frames: int, size: tuple[int, int]) -> _Camera:
    grain = rng.random((size[0] + 64, size[1] + 64, 3), dtype=np.float32) - np.float32(0.5)
    return _Camera(
        light=_lamp(rng, size)[..., None],
        exposure=curve(rng, frames, 40, 0.85, 1.1),
        tint=grey_cast(rng, 0.16),
        gamma=0.8 + 0.5 * rng.random(),
        blur=int(rng.random() < 0.35),
        noise=grain * np.float32(0.09 * rng.random()),
    )


def _lamp(rng: np.random.Generator, size: tuple[int, int]) -> Array:
    """Light (H, W), brightest near the middle; now and then a round picture, or a capture card's bars."""
    high, wide = size
    y = (np.arange(high, dtype=np.float32)[:, None] - np.float32(high / 2)) / np.float32(wide)
    x = np.arange(wide, dtype=np.float32)[None] / np.float32(wide) - np.float32(0.5)
    dy, dx = y - np.float32(0.3 * rng.random() - 0.15), x - np.float32(0.3 * rng.random() - 0.15)
    light = 1 - (dy * dy + dx * dx) * np.float32(0.3 + 2.2 * rng.random())
    light = np.maximum(light, np.float32(0.2)) * np.float32(0.85 + 0.65 * rng.random())
    shape, amount = rng.random(), rng.random()
    if shape < 0.2:
        light *= np.sqrt(y * y + x * x) < np.float32(0.53 + 0.08 * amount)
    elif shape < 0.4:
        bar = 1 + int(amount * 0.03 * wide)
        light[:, :bar] = light[:, wide - bar :] = 0
    return light
