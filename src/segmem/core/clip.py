"""A clip is an ordered stack of frames. A still image is a clip of one; a volume, a clip of slices."""

from __future__ import annotations  # torch is named here, not imported: an error message must not wait for it

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from segmem.core.errors import GeometryError

if TYPE_CHECKING:
    from torch import Tensor

Kind = Literal["image", "video", "volume"]
Affine = tuple[tuple[float, float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Geometry:
    """Where frame indices lie in the world. Read once, carried untouched to the writer.

    Attributes:
        kind: what the frames are.
        size: (H, W) of every frame, in pixels.
        fps: frames a second; None unless a video.
        spacing_mm: step along (frame, row, column); None unless a volume.
        affine: (4, 4), file index -> world in mm, as the file states it; None unless a volume.
        axes: the file's array axis that became (frame, row, column).
        flipped: whether that axis was reversed while reading.
        header: what the format's own writer needs besides; no other room reads it.
    """

    kind: Kind
    size: tuple[int, int]
    fps: float | None = None
    spacing_mm: tuple[float, float, float] | None = None
    affine: Affine | None = None
    axes: tuple[int, int, int] = (2, 1, 0)
    flipped: tuple[bool, bool, bool] = (False, False, False)
    header: Mapping[str, object] = field(default_factory=dict)


@runtime_checkable
class FrameSource(Protocol):
    """Anything that yields frames in order: a `Clip` in memory, or a reader of a file too long for it."""

    @property
    def name(self) -> str: ...

    @property
    def geometry(self) -> Geometry: ...

    @property
    def length(self) -> int | None:
        """Frames to expect, None if unknown (a camera)."""
        ...

    def __iter__(self) -> Iterator[Tensor]:
        """Frames (C, H, W): uint8 RGB of images and videos, float32 of volumes in the file's own units."""
        ...


@dataclass(frozen=True, slots=True)
class Clip:
    """Frames of one case, in memory.

    Attributes:
        name: of the case.
        frames: (T, C, H, W) in the file's own units; normalisation belongs to the model.
        geometry: carried unchanged from reader to writer.

    Raises:
        GeometryError: frames are not (T, C, H, W), or their size is not the geometry's.
    """

    name: str
    frames: Tensor
    geometry: Geometry

    def __post_init__(self) -> None:
        if self.frames.ndim != 4:
            raise GeometryError(
                f"Clip {self.name!r}: frames must be (T, C, H, W), got {tuple(self.frames.shape)}."
                " A single image needs a leading axis: image[None]."
            )
        if tuple(self.frames.shape[-2:]) != self.geometry.size:
            raise GeometryError(
                f"Clip {self.name!r}: frames are {tuple(self.frames.shape[-2:])} pixels (rows, columns),"
                f" its geometry says {self.geometry.size}."
            )

    @property
    def length(self) -> int:
        return self.frames.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        return iter(self.frames)


@dataclass(frozen=True, slots=True)
class Labels:
    """A label map for each frame.

    Attributes:
        name: of the case.
        frames: (T, H, W) uint8, the class (or object) of each pixel; 0 is background.
        geometry: the clip's own.
    """

    name: str
    frames: Tensor
    geometry: Geometry
