"""A still picture: size, depth, alpha, pages, rotation; and a mask's values."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from segmem.core.errors import SegmemError
from segmem.doctor import label_values
from segmem.doctor.finding import Code, Finding, Looked
from segmem.doctor.names import is_label
from segmem.doctor.persons import key_names, may_name
from segmem.doctor.reading import TOO_BIG, refused, unreadable
from segmem.io.images import MAX_BYTES, opened

PAGES = Code(
    "image-pages",
    "fault",
    "The file holds several pages.",
    "One picture was expected; which page is meant is not said.",
    "Save each page as its own file; pages that are slices of a scan as .nii.gz.",
)
FLOAT = Code(
    "image-float",
    "fault",
    "The pixels are floating-point numbers.",
    "What is black and what is white in them is not said.",
    "Save it as 8-bit or 16-bit grey.",
)
DEEP = Code(
    "image-16bit",
    "note",
    "The picture has 16 bits.",
    "It becomes 8 bits by dividing by 257, whatever range it uses: a dark one stays dark.",
    "Stretch it to the full range first, if it uses only a part of it.",
)
ALPHA = Code(
    "image-alpha",
    "note",
    "The picture has an alpha channel.",
    "It is dropped, and what was hidden by it shows.",
    "Nothing, if it is opaque everywhere.",
)
ROTATED = Code(
    "image-rotated",
    "note",
    "The camera's orientation is not upright.",
    "segmem turns it as EXIF says; a mask drawn by a program that does not would lie elsewhere.",
    "Check that its mask has the turned size.",
)
CONSTANT = Code(
    "image-constant",
    "warning",
    "Every pixel has the same colour.",
    "There is nothing to see; the export or the camera has failed.",
    "Export it again, or leave it out.",
)
NAMES = Code(
    "image-names-patient",
    "warning",
    "A text inside the picture's file may name the patient.",
    "Whoever gets the file gets the name. segmem copies no text into what it writes.",
    "Save the picture again without its metadata before sharing it.",
)
_ORIENTATION = 0x0112
_EXIF_TEXTS = {0x010E: "ImageDescription", 0x013B: "Artist", 0x8298: "Copyright", 0x9C9B: "XPTitle"}
_SHOWN = 5


def examine(path: Path, where: str, label: bool | None = None) -> Looked:
    """Facts and findings of a picture, or of a mask; `label` says which, None looks at its name and mode."""
    if (closed := unreadable(path, where)) is not None:
        return Looked({}, [closed])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its size, which is checked here
            facts, found, mode = _of_header(path, where)
        if any(one.severity == "fault" for one in found):
            return Looked(facts, found)
        is_mask = label if label is not None else mode == "P" or is_label(path)
        of_values = _of_mask(path, where) if is_mask else _of_pixels(path, where)
    except SegmemError as error:
        return Looked({}, [refused(error, path, where)])
    return Looked(facts, [*found, *of_values])


def _of_header(path: Path, where: str) -> tuple[dict[str, Any], list[Finding], str]:
    with opened(path, max_bytes=1 << 62, pages=True) as image:
        facts = {"format": image.format, "size": [image.width, image.height], "mode": image.mode}
        found = []
        if 3 * image.width * image.height > MAX_BYTES:
            found.append(TOO_BIG.at(where, f"its header says {image.width} x {image.height} pixels"))
        pages = getattr(image, "n_frames", 1)
        if pages > 1 and image.format != "MPO":
            found.append(PAGES.at(where, f"it has {pages} pages"))
        if image.mode == "F":
            found.append(FLOAT.at(where, "its pixels are 32-bit floating point"))
        if image.mode.startswith("I"):
            found.append(DEEP.at(where, f"its mode is {image.mode}"))
        if "A" in image.mode or "transparency" in image.info:
            found.append(ALPHA.at(where, f"its mode is {image.mode}"))
        exif = image.getexif()
        turned = exif.get(_ORIENTATION, 1)
        if turned not in {0, 1}:
            found.append(ROTATED.at(where, f"its EXIF orientation is {turned}"))
        texts = {str(key): value for key, value in image.info.items() if isinstance(value, str)}
        texts |= {name: str(exif[tag]) for tag, name in _EXIF_TEXTS.items() if tag in exif}
        named = sorted(key for key, text in texts.items() if key_names(key) or may_name(text))
        if named:
            found.append(NAMES.at(where, f"in {', '.join(named)}"))
        return facts, found, image.mode


def _of_pixels(path: Path, where: str) -> list[Finding]:
    from segmem.io.images import read_rgb

    pixels = read_rgb(path)
    flat = (pixels.reshape(-1, 3) == pixels[0, 0]).all()
    return [CONSTANT.at(where, f"every pixel is {tuple(pixels[0, 0].tolist())}")] if flat else []


def _of_mask(path: Path, where: str) -> list[Finding]:
    values = mask_values(path)
    if values.ndim == 3:
        colours, counts = np.unique(values.reshape(-1, 3), axis=0, return_counts=True)
        order = np.argsort(-counts)
        told = ", ".join(
            f"#{bytes(colours[i].tolist()).hex()} ({int(counts[i])} pixels)" for i in order[:_SHOWN]
        )
        more = ", ..." if len(colours) > _SHOWN else ""
        return [label_values.COLOUR.at(where, f"{len(colours)} colours: {told}{more}")]
    return label_values.examine(values, where)


def mask_values(path: Path) -> NDArray[Any]:
    """The values (H, W) of a mask; (H, W, 3) where it is in colour."""
    with opened(path) as image:
        if image.mode == "P" or image.mode in {"L", "1"} or image.mode.startswith("I"):
            return np.array(image)
        channels = np.asarray(image.convert("RGB") if image.mode not in {"RGB", "RGBA"} else image)[..., :3]
    return channels[..., 0] if (channels == channels[..., :1]).all() else channels


def is_picture(path: Path) -> bool:
    """Whether Pillow knows the file by its first bytes, whatever it is called."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path, formats=("PNG", "JPEG", "TIFF", "BMP")):
                return True
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError):
        return False
