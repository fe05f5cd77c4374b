"""Slices in the order of their places, the affine of the stack, and what is wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from segmem.core.clip import Affine
from segmem.io.dicom.header import Frame

Floats = NDArray[np.float64]
Weight = Literal["note", "asks", "refused"]

_GAP = 1.5  # of the usual step
_UNEVEN, _UNEVEN_MM = 0.02, 0.01  # of the usual step; positions are written with few digits
_SAME, _SAME_MM = 0.01, 1e-3
_TILT = 0.01  # of the step, across the slices' normal: about half a degree
_TURNED = 1e-3
_FAR_MM, _FINE_MM = 1e6, 1e-5  # what a place and a pixel can be
_LISTED = 5
_TO_RAS = np.array([-1.0, -1.0, 1.0])  # DICOM's world is left, posterior, superior


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about a series that a person should know.

    Attributes:
        code: a short name that does not change.
        words: one sentence, without anything about the patient.
        where: the files; not for records, as their names may name a patient.
        weight: `note` is told and read; `asks` is read only with `--allow-gaps`; `refused` is never read.
    """

    code: str
    words: str
    weight: Weight = "note"
    where: str = ""


@dataclass(frozen=True, slots=True)
class Stack:
    """Frames in order.

    Attributes:
        frames: along the normal of the slices, row direction x column direction.
        affine: (column, row, slice) -> (R, A, S) in mm, sheared where the gantry was tilted.
        spacing_mm: from slice to slice, row to row, column to column.
        problems: found on the way.
    """

    frames: tuple[Frame, ...]
    affine: Affine
    spacing_mm: tuple[float, float, float]
    problems: tuple[Problem, ...]


def stack(frames: Sequence[Frame], thickness_mm: float | None) -> Stack | None:
    """Order frames by position; None where one of them does not say where it lies or how it is turned.

    Args:
        thickness_mm: the step, where there is only one slice.
    """
    placed = [frame for frame in frames if _sound(frame)]
    if not placed or len(placed) < len(frames):
        return None
    along, across = _axes(placed[0])
    normal = np.cross(along, across)
    placed.sort(key=lambda f: (float(np.dot(f.position_mm or (), normal)), f.order, f.number))
    at = np.array([f.position_mm for f in placed])
    problems = _turned(placed)
    step, more = (normal, []) if problems else _step(at, normal, thickness_mm)
    rows, columns = placed[0].pixel_mm or (1.0, 1.0)
    if any(not np.allclose(f.pixel_mm or (), (rows, columns), rtol=1e-3) for f in placed):
        problems.append(Problem("mixed-spacing", "pixels are not of one size in all slices", "refused"))
    linear = np.stack([along * columns, across * rows, step], axis=1)
    affine = np.eye(4)
    affine[:3, :3] = linear * _TO_RAS[:, None] + 0.0
    affine[:3, 3] = at[0] * _TO_RAS + 0.0  # no negative zeros
    r, a, s, w = ((float(x[0]), float(x[1]), float(x[2]), float(x[3])) for x in affine)
    spacing = (float(np.linalg.norm(step)), rows, columns)
    return Stack(tuple(placed), (r, a, s, w), spacing, (*problems, *more))


def at_one_place(frames: Sequence[Frame]) -> list[bool]:
    """Of each frame in order, whether it lies where the one before it does."""
    along, across = _axes(frames[0])
    at = np.array([frame.position_mm for frame in frames]) @ np.cross(along, across)
    return [False, *_usual(np.diff(at))[1].tolist()]


def along_normal(frames: Sequence[Frame]) -> list[float]:
    """Of each frame in order, how far it lies along the normal of the first, from the world's origin, in mm."""
    along, across = _axes(frames[0])
    return [float(np.dot(frame.position_mm or (), np.cross(along, across))) for frame in frames]


def _axes(frame: Frame) -> tuple[Floats, Floats]:
    along, across = np.array(frame.orientation, dtype=np.float64).reshape(2, 3)
    return along, across


def _sound(frame: Frame) -> bool:
    """Whether it says where it lies, in numbers that can be."""
    if frame.position_mm is None or frame.orientation is None or frame.pixel_mm is None:
        return False
    if max(map(abs, frame.position_mm)) > _FAR_MM or not all(_FINE_MM < x < _FAR_MM for x in frame.pixel_mm):
        return False
    both = np.array(frame.orientation).reshape(2, 3)
    lengths = np.linalg.norm(both, axis=1)
    return bool(
        np.isfinite(both).all() and np.abs(lengths - 1).max() < 0.05 and abs(both[0] @ both[1]) < 0.05
    )


def _turned(frames: Sequence[Frame]) -> list[Problem]:
    turns = np.array([f.orientation for f in frames])
    other = int((np.abs(turns - turns[0]).max(axis=1) > _TURNED).sum())
    if not other:
        return []
    words = f"{other} of {len(frames)} slices are turned another way than the first (a localiser among them?)"
    return [Problem("mixed-orientation", words, "refused")]


def _step(at: Floats, normal: Floats, thickness_mm: float | None) -> tuple[Floats, list[Problem]]:
    """From one slice to the next, and what is wrong with the steps."""
    if len(at) == 1:
        if thickness_mm is None:
            return normal, [Problem("no-thickness", "one slice that states no thickness; 1 mm is taken")]
        return normal * thickness_mm, []
    along = at @ normal
    steps = np.diff(along)
    usual, same = _usual(steps)
    if same.all():
        words = f"all {len(at)} images lie at one position: a series in time, or several contrasts"
        return normal * (thickness_mm or 1.0), [Problem("duplicate", words, "refused")]
    problems = [_duplicates(along, same)] if same.any() else []
    single = at[np.append(True, ~same)]
    vectors = np.diff(single, axis=0)
    wide = np.linalg.norm(vectors, axis=1) > _GAP * usual
    step = (single[-1] - single[0]) / (len(single) - 1)
    if wide.any():
        problems.append(_gaps(single @ normal, vectors, usual, wide))
        step = np.median(vectors[~wide], axis=0)
    problems += _off(single, step, wide.any())
    return step, problems + _tilt(step, normal)


def _usual(steps: Floats) -> tuple[float, NDArray[np.bool_]]:
    """The step that most others are not shorter than, and which steps are none. A gap does not move it."""
    apart = np.sort(steps[steps > _SAME_MM])
    usual = float(apart[(len(apart) - 1) // 4]) if apart.size else 0.0
    return usual, steps < max(_SAME * usual, _SAME_MM)


def _duplicates(along: Floats, same: NDArray[np.bool_]) -> Problem:
    where = ", ".join(f"{value:.2f}" for value in along[1:][same][:_LISTED])
    words = (
        f"{int(same.sum())} slices lie where another one does (at {where}{_more(int(same.sum()))} mm along the"
        " normal): copies, a series in time, or several contrasts"
    )
    return Problem("duplicate", words, "asks")


def _gaps(along: Floats, vectors: Floats, usual: float, wide: NDArray[np.bool_]) -> Problem:
    lengths = np.linalg.norm(vectors, axis=1)
    told = [
        f"{lengths[i]:.2f} mm at {along[i]:.2f} mm (between slices {i + 1} and {i + 2})"
        for i in np.flatnonzero(wide)[:_LISTED]
    ]
    words = f"slices are missing: the step is {usual:.2f} mm, but {', '.join(told)}{_more(int(wide.sum()))}"
    return Problem("gap", words, "asks")


def _off(at: Floats, step: Floats, gaps: bool) -> list[Problem]:
    """Slices that do not lie where equal steps would put them."""
    length = float(np.linalg.norm(step))
    if gaps:  # what lies behind a gap is off by it, which is said already
        return []
    off = np.linalg.norm(at - at[0] - np.arange(len(at))[:, None] * step, axis=1)
    if off.max() <= max(_UNEVEN * length, _UNEVEN_MM):
        return []
    words = f"slices are unevenly spaced: up to {off.max():.2f} mm from where steps of {length:.2f} mm lead"
    return [Problem("uneven", words, "asks")]


def _tilt(step: Floats, normal: Floats) -> list[Problem]:
    across = step - (step @ normal) * normal
    if np.linalg.norm(across) <= _TILT * np.linalg.norm(step):
        return []
    angle = np.degrees(np.arccos(abs(step @ normal) / np.linalg.norm(step)))
    return [
        Problem("tilt", f"the gantry was tilted by {angle:.1f} degrees; the grid is kept sheared as it is")
    ]


def _more(count: int) -> str:
    return f" and {count - _LISTED} more" if count > _LISTED else ""
