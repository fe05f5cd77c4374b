"""Instruments as they come off the tray: a shaft (class 1), then a wrist with its jaws (class 2)."""

from dataclasses import dataclass, replace
from math import pi

import numpy as np
from numpy.typing import NDArray

from segmem.data.synthetic_noise import Array, spline
from segmem.data.synthetic_parts import Part, Pose, cast, draw
from segmem.data.synthetic_surface import across, steel, tube

SHAFT, MANIPULATOR = 1, 2
REACH = 24.0  # widths of shaft that are drawn; the rest is outside of any frame
ALONG = np.linspace(0, 1, 192, dtype=np.float32)  # where outlines are sampled


@dataclass(frozen=True, slots=True)
class Instrument:
    """A tool. Its pose is that of the shaft's end, with u running back towards the border.

    Attributes:
        width_px: of the shaft near its end, in a frame whose shorter side is 256.
        shaft: runs backward from the pose.
        wrist: runs forward.
        jaws: two, hinged at the wrist's front end, or one (a hook, a probe).
        prongs: parts of the shaft that hold the wrist from both sides.
    """

    width_px: float
    shaft: Part
    wrist: Part
    jaws: tuple[Part, ...]
    prongs: tuple[Part, ...]

    def paint(
        self,
        pose: Pose,
        bend: float,
        opening: float,
        picture: Array,
        labels: NDArray[np.uint8],
        shadow: float,
    ) -> None:
        """Draw the tool into `picture` (H, W, 3) and `labels` (H, W), in place.

        Args:
            pose: of the shaft's end.
            bend: of the wrist against the shaft, radians.
            opening: of each jaw against the wrist, radians.
            picture: written.
            labels: written.
            shadow: how much of the light its shadow takes, 0..1.
        """
        forward = pose.jointed(0, 0, pi + bend)
        if shadow > 0:
            under = replace(pose, x=pose.x + 0.22 * pose.scale, y=pose.y + 0.30 * pose.scale)
            cast(self.shaft, under, picture, shadow, 0.25 * pose.scale)
            cast(self.wrist, under.jointed(0, 0, pi + bend), picture, shadow, 0.2 * pose.scale)
        for jaw, turn in zip(self.jaws, (-opening, opening), strict=False):
            draw(jaw, forward.jointed(self.wrist.length * 0.93, 0, turn), picture, labels)
        draw(self.wrist, forward, picture, labels)
        draw(self.shaft, pose, picture, labels)
        for prong in self.prongs:
            draw(prong, pose.jointed(0, 0, pi), picture, labels)


def make_instrument(rng: np.random.Generator) -> Instrument:
    """A tool of random kind, material and proportions: robotic with a round wrist, or slim."""
    robotic = rng.random() < 0.6
    metal = 0.42 + 0.4 * rng.random()
    wrist = _round_wrist(rng, metal) if robotic else _cone(rng, metal)
    jaws = _jaws(rng, metal, float(wrist.high[-1] - wrist.low[-1]))
    prongs = _prongs(rng, metal) if robotic and rng.random() < 0.75 else ()
    width_px = (26 + 34 * rng.random()) if robotic else (10 + 34 * rng.random() ** 2)
    return Instrument(width_px, _shaft(rng, metal, robotic), wrist, jaws, prongs)


def _rough(rng: np.random.Generator, half: Array, length: float, amount: float) -> tuple[Array, Array]:
    """Edges (low, high) of a part of half width `half`, each roughened by itself."""
    knots = max(int(length * 6), 4) + 3
    low, high = (
        np.maximum(
            half + (spline(rng.random(knots, dtype=np.float32), len(half), 0) - np.float32(0.5)) * amount,
            0.01,
        )
        for _ in range(2)
    )
    return -low.astype(np.float32), high.astype(np.float32)


def _shaft(rng: np.random.Generator, metal: float, robotic: bool) -> Part:
    """A tube that widens towards the camera."""
    taper = (0.5 if robotic else 0.9) * rng.random() ** 2
    nose = np.minimum(1, np.float32(0.72) + ALONG * np.float32(REACH * (1 + 3 * rng.random())))
    half: Array = np.float32(0.5) * (1 + ALONG * np.float32(REACH / 6 * taper)) * nose
    skin = tube(rng, metal, REACH, 0.85 if robotic else 0.5)
    return Part(REACH, -half, half, skin, across(rng, 0.25 + 0.9 * rng.random()), SHAFT, round=True)


def _round_wrist(rng: np.random.Generator, metal: float) -> Part:
    """A robotic wrist: an oval housing full of slots and pins."""
    length, wide, end = 0.8 + 0.7 * rng.random(), 0.36 + 0.12 * rng.random(), 0.10 + 0.10 * rng.random()
    oval = np.sqrt(np.maximum(1 - ((ALONG - np.float32(0.42)) / np.float32(0.62)) ** 2, 0))
    low, high = _rough(rng, np.maximum(np.float32(wide) * oval, np.float32(end)), length, 0.10)
    surface = steel(rng, metal * (0.8 + 0.4 * rng.random()), (72, 56), int(rng.integers(4, 12)))
    return Part(length, low, high, surface, across(rng, 0.5 + 0.8 * rng.random()), MANIPULATOR)


def _cone(rng: np.random.Generator, metal: float) -> Part:
    """The narrowing end of a laparoscopic tool."""
    length, wide, end = 0.4 + 1.8 * rng.random() ** 2, 0.44 + 0.06 * rng.random(), 0.16 + 0.22 * rng.random()
    low, high = _rough(rng, np.float32(wide) + np.float32(end - wide) * ALONG, length, 0.05)
    surface = steel(rng, metal * (0.4 + 0.8 * rng.random()), (72, 56), int(rng.integers(0, 5)))
    return Part(length, low, high, surface, across(rng, 0.5 + 0.8 * rng.random()), MANIPULATOR)


def _jaws(rng: np.random.Generator, metal: float, root: float) -> tuple[Part, ...]:
    """Two jaws, straight or bowed, toothed or plain; now and then one blade or hook alone."""
    length, bow, single = 0.45 + 0.85 * rng.random(), (rng.random() - 0.3) * 0.7, rng.random() < 0.12
    wide, tip = max(root * (0.26 + 0.14 * rng.random()), 0.07), 0.3 + 0.6 * rng.random()
    half = (
        np.float32(wide)
        * (1 - np.float32(1 - tip) * ALONG)
        * np.sqrt(np.minimum(1, (1 - ALONG) * 8 + np.float32(0.02)))
    )
    offset = np.float32(bow) * ALONG * (1 - ALONG) + np.float32(0 if single else wide * 0.55)
    toothed, pitch = rng.random() < 0.6, int(rng.integers(2, 4))
    teeth = (
        np.float32(0.45) + np.float32(0.75) * ((np.arange(64) // pitch) % 2).astype(np.float32)[:, None, None]
    )
    out = []
    for side in (-1, 1):
        low, high = _rough(rng, half, length, 0.03)
        surface = steel(rng, metal, (64, 24), int(rng.integers(1, 5)))
        if toothed:
            surface[:, 4:20] *= teeth
        out.append(
            Part(length, low + side * offset, high + side * offset, surface, across(rng, 0.7), MANIPULATOR)
        )
    return tuple(out[:1] if single else out)


def _prongs(rng: np.random.Generator, metal: float) -> tuple[Part, ...]:
    """The fork at the end of a robotic shaft that carries the wrist's axle; annotators count it as shaft."""
    out = []
    for side in (-1, 1):
        length, wide = 0.25 + 0.4 * rng.random(), 0.07 + 0.07 * rng.random()
        half = np.float32(wide) * np.sqrt(np.minimum(1, (1 - ALONG) * 3 + np.float32(0.02)))
        low, high = _rough(rng, half, length, 0.02)
        centre = np.float32(side * (0.46 - wide))
        out.append(
            Part(length, low + centre, high + centre, steel(rng, metal, (32, 16), 1), across(rng, 0.6), SHAFT)
        )
    return tuple(out)
