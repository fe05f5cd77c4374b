"""Still pictures: PNG, JPEG, TIFF and BMP to RGB, one at a time or a folder of them as a clip."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from segmem.core import Clip, Geometry
from segmem.core.errors import FormatError, GeometryError
from segmem.io.formats import case_name
from segmem.io.native import native_rgb, orientation
from segmem.io.ordered import in_order
from segmem.io.sniff import not_a, require_file

MAX_BYTES = 512 * 1024**2
THREADS = min(4, os.cpu_count() or 1)


def read_image(path: Path, name: str | None = None, max_bytes: int = MAX_BYTES) -> Clip:
    """An image as a clip of one frame (1, 3, H, W) uint8.

    EXIF orientation is honoured, alpha dropped, palettes expanded, grey repeated.
    16-bit grey becomes round(value / 257), so that 65535 is 255 whatever the picture holds.

    Raises:
        InputError: the file is missing or may not be read.
        FormatError: it is not an image, is damaged, has several pages, or needs more than `max_bytes`.
    """
    picture = read_rgb(path, max_bytes)
    frames = torch.from_numpy(picture).permute(2, 0, 1)[None]
    return Clip(case_name(path) if name is None else name, frames, Geometry("image", picture.shape[:2]))


def read_rgb(path: Path, max_bytes: int = MAX_BYTES) -> NDArray[np.uint8]:
    """The picture (H, W, 3) uint8; see `read_image`."""
    with opened(path, max_bytes) as image:
        upright = orientation(path, image) == 1
        pixels = native_rgb(path, image) if upright else None
        if pixels is not None:
            return pixels
        return np.array(_rgb(path, image if upright else ImageOps.exif_transpose(image)))


def image_size(path: Path) -> tuple[int, int]:
    """(H, W) as shown, from the header alone."""
    with opened(path) as image:
        width, height = image.size
        turned = orientation(path, image) >= 5  # a quarter turn
        return (width, height) if turned else (height, width)


@contextmanager
def opened(path: Path, max_bytes: int = MAX_BYTES, pages: bool = False) -> Iterator[Image.Image]:
    """Open a picture whose header is sane; what goes wrong while it is open becomes a FormatError.

    With `pages` it may have several.
    """
    require_file(path, "an image")
    try:
        with Image.open(path, formats=("PNG", "JPEG", "TIFF", "BMP")) as image:
            _require_sane(path, image, max_bytes, pages)
            yield image
    except Image.DecompressionBombError:
        raise _too_big(path, "more pixels than an image should have", max_bytes) from None
    except (OSError, SyntaxError, ValueError, EOFError) as why:
        raise not_a(path, "an image", None if isinstance(why, UnidentifiedImageError) else why) from None


class FrameFolder:
    """Numbered pictures as a clip, read as they are asked for, a few ahead by threads.

    Attributes:
        name: of the case.
        length: frames from `start` on.
        threads: that decode; 0 decodes when asked.

    Raises:
        GeometryError: while iterating, a frame is not of the first one's size.
    """

    def __init__(self, paths: tuple[Path, ...], name: str, start: int = 0, threads: int = THREADS) -> None:
        self.paths = paths
        self.name = name
        self.start = start
        self.threads = threads

    @property
    def length(self) -> int:
        return max(0, len(self.paths) - self.start)

    @cached_property
    def geometry(self) -> Geometry:
        return Geometry("video", image_size(self.paths[0]))

    def __iter__(self) -> Iterator[Tensor]:
        size = self.geometry.size
        paths = self.paths[self.start :]
        for path, picture in zip(
            paths, in_order(read_rgb, paths, self.threads, name="pictures"), strict=True
        ):
            if picture.shape[:2] != size:
                raise GeometryError(
                    f"{path.name} is {picture.shape[1]} x {picture.shape[0]} pixels, {self.paths[0].name} is"
                    f" {size[1]} x {size[0]}. The frames of a clip must be of one size;"
                    " `--as cases` takes each picture on its own."
                )
            yield torch.from_numpy(picture).permute(2, 0, 1)


def _require_sane(path: Path, image: Image.Image, max_bytes: int, many: bool) -> None:
    if 3 * image.width * image.height > max_bytes:
        raise _too_big(path, f"{image.width} x {image.height} pixels", max_bytes)
    pages = getattr(image, "n_frames", 1)
    if pages > 1 and not many and image.format != "MPO":  # a camera's MPO holds a preview besides
        raise FormatError(
            f"{path} holds {pages} pages, one picture was expected. Save each page as its own file."
        )


def _too_big(path: Path, what: str, max_bytes: int) -> FormatError:
    return FormatError(
        f"{path}: its header says {what}, above the limit of {max_bytes / 1024**2:.0f} MiB once decoded."
        " Cut it into tiles or make it smaller."
    )


def _rgb(path: Path, image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        values = np.asarray(image).astype(np.int64)
        if values.min() < 0 or values.max() > 0xFFFF:
            raise FormatError(
                f"{path}: grey values from {values.min()} to {values.max()} do not fit 16 bits."
                " Save it as 8-bit or 16-bit grey."
            )
        return Image.fromarray(((values + 128) // 257).astype(np.uint8)).convert("RGB")
    if image.mode == "F":
        raise FormatError(f"{path}: its pixels are floating-point numbers. Save it as 8-bit or 16-bit grey.")
    if image.mode in ("LA", "La"):
        image = image.convert("L")
    return image if image.mode == "RGB" else image.convert("RGB")
