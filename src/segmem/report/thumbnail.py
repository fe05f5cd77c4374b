"""A frame as a small JPEG with the prediction tinted and the truth outlined."""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from segmem.io.blend import blend

WIDTH = 360
QUALITY = 80
CLEAR = (1.0, 99.0)
"""Percentiles of the intensities that become black and white where a picture is not in bytes."""
LINE = 255
Labels = NDArray[np.uint8]


def thumbnail(picture: Tensor, predicted: Labels | None, truth: Labels | None) -> bytes:
    """JPEG, at most 360 pixels wide; lines stay a pixel wide after shrinking.

    Args:
        picture: (C, H, W), bytes or a scan's own units.
        predicted: (H, W); tinted by class.
        truth: (H, W); its classes have a white line around them.
    """
    from PIL import Image

    rgb = _bytes(picture)
    height, width = rgb.shape[:2]
    size = (min(WIDTH, max(width, WIDTH // 2)), 0)
    size = (size[0], max(1, round(height * size[0] / width)))
    rgb = np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.BILINEAR))
    if predicted is not None:
        rgb = blend(rgb, _resized(predicted, size), 0.4)
    if truth is not None:
        rgb = np.where(_lines(_resized(truth, size))[..., None], np.uint8(LINE), rgb)
    out = BytesIO()
    Image.fromarray(np.ascontiguousarray(rgb, np.uint8)).save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _bytes(picture: Tensor) -> NDArray[np.uint8]:
    """(H, W, 3)."""
    values = picture.numpy()
    if values.dtype != np.uint8:
        low, high = np.percentile(values, CLEAR)
        values = (np.clip((values - low) / max(high - low, 1e-9), 0, 1) * 255).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(values, (3, *values.shape[1:])).transpose(1, 2, 0))


def _resized(labels: Labels, size: tuple[int, int]) -> Labels:
    from PIL import Image

    return np.asarray(Image.fromarray(labels).resize(size, Image.Resampling.NEAREST))


def _lines(labels: Labels) -> NDArray[np.bool_]:
    """Pixels that hold a class and touch another, or the border."""
    around = np.pad(labels, 1)
    here = around[1:-1, 1:-1]
    beside = (around[:-2, 1:-1], around[2:, 1:-1], around[1:-1, :-2], around[1:-1, 2:])
    return np.asarray((here > 0) & np.any([here != other for other in beside], axis=0))
