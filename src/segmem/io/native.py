"""Plain JPEGs and PNGs decoded straight into one array: the pixels are Pillow's, without its copies."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

_ORIENTATION = 0x0112  # EXIF tag
_PLAIN = {("JPEG", "RGB"), ("JPEG", "L"), ("PNG", "RGB"), ("PNG", "L")}


def native_rgb(path: Path, image: Image.Image) -> NDArray[np.uint8] | None:
    """The pixels (H, W, 3) uint8 as stored, or None where only Pillow knows how, or says what is wrong.

    Args:
        path: the file; the decoder reads it anew.
        image: the same file, opened by Pillow, its header checked and its pixels not loaded.
    """
    if (image.format, image.mode) not in _PLAIN:
        return None
    try:
        from torchvision.io import decode_jpeg, decode_png

        decode = decode_jpeg if image.format == "JPEG" else decode_png
        packed = torch.from_numpy(np.fromfile(path, np.uint8))
        pixels = decode(packed).permute(1, 2, 0).numpy()
    except (ImportError, AttributeError, RuntimeError):  # built without the decoder, or a damaged file
        return None
    if pixels.dtype != np.uint8 or pixels.shape[:2] != (image.height, image.width):
        return None  # 16 bits a colour
    if pixels.shape[2] in (1, 2):  # grey, perhaps with alpha
        return np.repeat(pixels[..., :1], 3, axis=2)
    return np.ascontiguousarray(pixels[..., :3])


def orientation(path: Path, image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8. The pixels are not decoded for it, as Pillow does for each PNG."""
    found = image.getexif() if image.format != "PNG" or _late_text(path) else Image.Image.getexif(image)
    value = found.get(_ORIENTATION, 1)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _late_text(path: Path) -> bool:
    """Whether a PNG says anything behind its pixels, where an orientation may stand."""
    with path.open("rb") as file:
        place, pixels_seen = 8, False
        while True:
            file.seek(place)
            head = file.read(8)
            if len(head) < 8 or head[4:] == b"IEND":
                return False
            if head[4:] == b"IDAT":
                pixels_seen = True
            elif pixels_seen and head[4:] in (b"eXIf", b"tEXt", b"zTXt", b"iTXt"):
                return True
            place += 12 + int.from_bytes(head[:4], "big")
