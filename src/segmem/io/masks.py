"""Label maps as indexed PNGs, one a frame."""

import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from segmem.core.errors import FormatError
from segmem.io.images import MAX_BYTES, opened
from segmem.io.palette import PALETTE

__all__ = ["PALETTE", "FrameLabelsWriter", "read_mask", "write_mask"]

_COLOURS = bytes(channel for colour in PALETTE for channel in colour)


def read_mask(path: Path, max_bytes: int = MAX_BYTES) -> Tensor:
    """The label of each pixel (H, W) uint8: the indices of a palette picture, the values of a grey one.

    Grey saved as RGB is grey.

    Raises:
        InputError: the file is missing or may not be read.
        FormatError: it is damaged, in colour, or a value is above 255.
    """
    with opened(path, max_bytes) as image:
        if image.mode in ("P", "L", "1"):
            return torch.from_numpy(np.array(image, dtype=np.uint8))
        if image.mode.startswith("I"):
            values = np.asarray(image)
            if values.min() >= 0 and values.max() <= 255:
                return torch.from_numpy(values.astype(np.uint8))
            raise FormatError(
                f"{path}: labels go up to {values.max()}, 255 is the highest. Renumber the classes."
            )
        if image.mode in ("RGB", "RGBA"):
            channels = np.asarray(image)[..., :3]
            if (channels == channels[..., :1]).all():
                return torch.from_numpy(channels[..., 0].copy())
    raise FormatError(
        f"{path} is a picture in colour ({image.mode}), a mask holds class numbers."
        " Save it as a palette PNG or as grey with one value a class."
    )


def write_mask(path: Path, labels: Tensor) -> None:
    """Save labels (H, W) uint8 as an indexed PNG with `PALETTE`."""
    image = Image.fromarray(labels.detach().cpu().numpy())
    image.putpalette(_COLOURS)
    # labels are runs of equal bytes: this strategy packs them best, in less than half the time
    image.save(path, format="PNG", compress_level=1, compress_type=zlib.Z_RLE)


def write_grey(path: Path, values: Tensor) -> None:
    """Save values (H, W) uint8 as a grey PNG."""
    Image.fromarray(values.detach().cpu().numpy()).save(path, format="PNG", compress_level=1)


class FrameLabelsWriter:
    """Writes `00000.png`, `00001.png`... into a folder: five digits, more where a clip is that long.

    Args:
        folder: made if need be.
        write: saves one map.
    """

    def __init__(self, folder: Path, write: Callable[[Path, Tensor], None] = write_mask) -> None:
        self.folder = folder
        self._save = write
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, index: int, labels: Tensor) -> Path:
        """Save the map (H, W) uint8 of frame `index`; the path written."""
        path = self.folder / f"{index:05d}.png"
        self._save(path, labels)
        return path
