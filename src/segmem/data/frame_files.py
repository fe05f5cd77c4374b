"""Frames that are files of their own, each with its label map where somebody drew one."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from torch import Tensor

from segmem.data.cases import LabelledFrame, require_one_grid

ReadMask = Callable[[Path], Tensor]
Pair = tuple[Path, Path | None]


def read_pairs(pairs: Sequence[Pair], read_label: ReadMask | None = None) -> Iterator[LabelledFrame]:
    """Each picture (3, H, W) uint8 with its label map (H, W) uint8.

    Args:
        pairs: picture and label map, in order.
        read_label: opens a label map; None takes it for one with a class number for each pixel.

    Raises:
        GeometryError: a label map of another size than its picture.
    """
    from segmem.io.images import read_image
    from segmem.io.masks import read_mask

    read = read_label or read_mask
    for picture, mask in pairs:
        frame = read_image(picture).frames[0]
        label = None if mask is None else read(mask)
        if label is not None:
            require_one_grid(frame.shape[-2:], label.shape, str(picture))
        yield frame, label


def files_of(pairs: Sequence[Pair]) -> tuple[Path, ...]:
    """Every file of the frames, pictures first."""
    return (*(picture for picture, _ in pairs), *(mask for _, mask in pairs if mask is not None))
