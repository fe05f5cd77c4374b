"""A prompt as it was said, before the clip it speaks of is known."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Said:
    """What was typed, or written in a file.

    Attributes:
        words: as they stand there, for messages.
        frame: None leaves it to `--on`, or to the clip.
        object: None is 1, or one object for each value of a label map.
        box: x0, y0, x1, y1 in pixels; or two corners x, y, z, x, y, z in mm.
        points: x, y, label each in pixels; or x, y, z, label in mm.
        mask: a picture, or a label map of the scan.
        rough: it says no more than about where the object is.
    """

    words: str
    frame: int | None = None
    object: int | None = None
    box: tuple[float, ...] | None = None
    points: tuple[tuple[float, ...], ...] = ()
    mask: Path | None = None
    rough: bool = False
