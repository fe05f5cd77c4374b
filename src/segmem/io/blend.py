"""Labels over pictures: a tint with a stronger contour, and strips of such pictures."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from segmem.io.palette import PALETTE

_COLOURS = np.asarray(PALETTE, dtype=np.uint16)
_GAP = 4
_PIXELS_A_LINE = 400  # a contour is one pixel wide for each so many pixels of the shorter side


def blend(rgb: NDArray[np.uint8], labels: NDArray[np.uint8], opacity: float = 0.4) -> NDArray[np.uint8]:
    """A picture (H, W, 3) with its labels (H, W) drawn in the colours of `PALETTE`.

    The inside is tinted with `opacity` (0 to 1), the contour with the half of what is left above it;
    background and the picture given are untouched.
    """
    out = rgb.copy()
    inside = labels > 0
    if not inside.any():
        return out
    fill = round(opacity * 256)
    weight = np.where(contour(labels)[inside], (fill + 256) // 2, fill).astype(np.uint16)[:, None]
    colour = _COLOURS[labels[inside]]
    out[inside] = (rgb[inside] * (256 - weight) + colour * weight) >> 8
    return out


def contour(labels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """The labelled pixels (H, W) next to another label, as wide as the picture's size asks."""
    edge = np.zeros(labels.shape, dtype=bool)
    for step in range(1, max(1, round(min(labels.shape) / _PIXELS_A_LINE)) + 1):
        across = labels[:, step:] != labels[:, :-step]
        down = labels[step:] != labels[:-step]
        edge[:, step:] |= across
        edge[:, :-step] |= across
        edge[step:] |= down
        edge[:-step] |= down
    return edge & (labels > 0)


def strip(rows: Sequence[Sequence[NDArray[np.uint8]]], height: int = 160) -> Image.Image:
    """Pictures (H, W, 3) as thumbnails of `height` pixels, row under row on white."""
    thumbs = [[_thumb(picture, height) for picture in row] for row in rows]
    width = max(sum(thumb.width + _GAP for thumb in row) - _GAP for row in thumbs)
    sheet = Image.new("RGB", (width, len(thumbs) * (height + _GAP) - _GAP), "white")
    for number, row in enumerate(thumbs):
        left = 0
        for thumb in row:
            sheet.paste(thumb, (left, number * (height + _GAP)))
            left += thumb.width + _GAP
    return sheet


def _thumb(picture: NDArray[np.uint8], height: int) -> Image.Image:
    width = max(1, round(picture.shape[1] * height / picture.shape[0]))
    return Image.fromarray(picture).resize((width, height), Image.Resampling.LANCZOS)
