"""A labelled case: one image, video or volume, and the label maps of some or all of its frames."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from segmem.core import Geometry, Kind
from segmem.core.errors import GeometryError

LabelledFrame = tuple[Tensor, Tensor | None]
"""A frame (C, H, W) in the file's own units, and its label map (H, W) uint8, or None where nobody drew one."""


@dataclass(frozen=True, slots=True)
class LabelledCase:
    """One case to learn from or to be measured on. It knows where its pixels are, and holds none.

    Attributes:
        name: of the case, unique within its source.
        group: the patient, video or operation it belongs to; groups are never split.
        kind: what its frames are.
        read: opens the files and yields every frame in order, labelled or not.
        files: what `read` opens, so that a cache notices a change; empty where nothing is on disk.
        inputs: those of `files` that a model is shown: the picture, the video or its pictures in order, the scan or a
            file for each of its channels; empty where they cannot be opened without this case's `read`.
        channels: names of a scan's channels, in their order; empty where nobody named them.
        ignore: a label value of pixels that nobody judged; None where there is no such.
        geometry: opens a scan and says where its voxels lie; None unless a volume.
    """

    name: str
    group: str
    kind: Kind
    read: Callable[[], Iterator[LabelledFrame]]
    files: tuple[Path, ...] = ()
    inputs: tuple[Path, ...] = ()
    channels: tuple[str, ...] = ()
    ignore: int | None = None
    geometry: Callable[[], Geometry] | None = None


def require_one_grid(image: tuple[int, ...], label: tuple[int, ...], where: str) -> None:
    """Raise GeometryError where an image and its label map are not on the same grid.

    Args:
        image: shape of the image without channels.
        label: shape of the label map.
        where: the case, and the frame if it has several.
    """
    if tuple(image) != tuple(label):
        raise GeometryError(
            f"{where}: the image has shape {tuple(image)}, its label map {tuple(label)}."
            " Both must lie on one grid: resample the label map, or check that it was not saved transposed."
        )
