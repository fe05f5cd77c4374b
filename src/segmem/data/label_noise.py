"""Labels made wrong on purpose: moved aside, worn away at the edge, or half missing."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from segmem.data.cache import CachedCase
from segmem.data.splits import rank

ASIDE = 0.35  # of the object's height and width, by which a label is moved
LEFT = 0.5  # of an object's pixels that are left of it
Labels = NDArray[np.uint8]


def with_noise(cases: Sequence[CachedCase], share: float, seed: int) -> list[CachedCase]:
    """The cases, the labels of some of them wrong: whose, and how, is drawn by a hash of seed and name, so that more
    noise is wrong about the same cases and others, and in the same way. In turn they are

    - shifted: the whole label map is moved aside, by about a third of what it shows;
    - eroded: of each object the half of its pixels that are nearest to its edge is missing;
    - dropped: of each object all that is on one side of its middle is missing.

    Args:
        cases: to learn from.
        share: of them, in 0..1, whose labels are made wrong; rounded to whole cases.
        seed: of the choice.
    """
    order = sorted((case.name for case in cases), key=lambda name: rank(f"noise/{name}", seed))
    wrong = {name: place for place, name in enumerate(order[: round(share * len(order))])}
    return [_wrong(case, wrong[case.name], seed) if case.name in wrong else case for case in cases]


def _wrong(case: CachedCase, place: int, seed: int) -> CachedCase:
    digest = rank(f"noise/{case.name}", seed)
    random = np.random.default_rng(list(digest[:8]))
    angle = float(random.uniform(0, 2 * np.pi))
    change: Callable[[Labels, float], Labels] = (shifted, eroded, dropped)[place % 3]
    return replace(case, labels=change(np.array(case.labels), angle))


def shifted(labels: Labels, angle: float) -> Labels:
    """Label maps (T, H, W) moved in one direction, what leaves the image is lost."""
    rows, columns = np.nonzero(labels.any(axis=0))
    if not len(rows):
        return labels
    down = round(np.sin(angle) * ASIDE * (np.ptp(rows) + 1))
    right = round(np.cos(angle) * ASIDE * (np.ptp(columns) + 1))
    moved = np.roll(labels, (down, right), axis=(1, 2))
    height, width = labels.shape[1:]
    moved[:, : max(0, down)] = 0
    moved[:, height + min(0, down) :] = 0
    moved[:, :, : max(0, right)] = 0
    moved[:, :, width + min(0, right) :] = 0
    return moved


def eroded(labels: Labels, angle: float) -> Labels:
    """Of each class on each frame of (T, H, W) the pixels furthest inside, half of them; of equal ones any."""
    from scipy import ndimage

    del angle
    out = np.zeros_like(labels)
    for before, after in zip(labels, out, strict=True):
        for one in np.unique(before[before > 0]):
            inside = before == one
            depth = ndimage.distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1][inside]
            kept = np.argsort(-depth, kind="stable")[: max(1, round(LEFT * len(depth)))]
            places = np.argwhere(inside)[kept]
            after[places[:, 0], places[:, 1]] = one
    return out


def dropped(labels: Labels, angle: float) -> Labels:
    """Of each class on each frame of (T, H, W) what lies on one side of a line through its middle."""
    out = np.zeros_like(labels)
    for before, after in zip(labels, out, strict=True):
        for one in np.unique(before[before > 0]):
            places = np.argwhere(before == one)
            along = places @ np.array([np.sin(angle), np.cos(angle)])
            kept = places[along >= np.median(along)]
            after[kept[:, 0], kept[:, 1]] = one
    return out
