"""One picture of a segmented scan for a quick look: three planes, as a radiologist looks at them, and a legend."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from segmem.core import Clip, Geometry, Labels
from segmem.io.blend import blend
from segmem.io.orientation import world_axes
from segmem.io.palette import PALETTE

SIDE = 320  # pixels of a plane's longer side
_GAP, _LINE = 8, 18
_CLEAR = (0.5, 99.5)  # percentiles of the scan that become black and white
_PLANES = ("sagittal", "coronal", "axial")
_ENDS = ("RL", "AP", "SI")  # for R, A, S: what is seen at the left, or above, and at the right, or below
_TEXT = (235, 235, 235)


def preview(
    clip: Clip, labels: Labels, names: Mapping[int, str], volumes_ml: Mapping[int, float]
) -> Image.Image:
    """The axial, the coronal and the sagittal plane that show most of the labels, side by side over the legend.

    The patient's right is at the left of the axial and the coronal plane, the front at the left of the sagittal one;
    pixels have the scan's own aspect. A scan without labels is shown in the middle.

    Args:
        clip, labels: on one grid.
        names, volumes_ml: of the classes in the legend, by value.
    """
    grey, drawn = _upright(clip, labels)
    steps = _spacing(clip.geometry)
    planes = [_plane(grey, drawn, steps, axis) for axis in (2, 1, 0)]
    width = max(sum(p.width for p in planes) + _GAP * 2, 2 * SIDE)
    height = max(p.height for p in planes)
    columns = max(1, width // SIDE)
    rows = -(-len(names) // columns)
    sheet = Image.new("RGB", (width, height + _GAP + rows * _LINE))
    left = 0
    for plane in planes:
        sheet.paste(plane, (left, (height - plane.height) // 2))
        left += plane.width + _GAP
    _legend(sheet, height + _GAP, columns, names, volumes_ml)
    return sheet


def _upright(clip: Clip, labels: Labels) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Grey values and labels, on axes (R, A, S), all rising."""
    order = np.argsort(world_axes(clip.geometry))
    values = clip.frames.float().mean(dim=1).numpy()
    finite = values[np.isfinite(values)]
    low, high = (
        np.percentile(finite[:: max(1, finite.size // 1_000_000)], _CLEAR) if finite.size else (0.0, 1.0)
    )
    low, high = (float(low), float(high)) if high > low else (float(low), float(low) + 1)
    scaled = np.nan_to_num((values - low) / (high - low), nan=0, posinf=1, neginf=0)
    grey = (scaled.clip(0, 1) * 255).astype(np.uint8)
    return grey.transpose(order), labels.frames.numpy().transpose(order)


def _spacing(geometry: Geometry) -> tuple[float, ...]:
    assert geometry.spacing_mm is not None  # noqa: S101  a scan that was read has one
    return tuple(geometry.spacing_mm[int(axis)] for axis in np.argsort(world_axes(geometry)))


def _plane(
    grey: NDArray[np.uint8], drawn: NDArray[np.uint8], steps: tuple[float, ...], across: int
) -> Image.Image:
    """The plane across world axis `across` that shows most labels. Columns run along the lower axis that is left."""
    others = tuple(axis for axis in range(3) if axis != across)
    shown = (drawn > 0).sum(axis=others)
    at = int(shown.argmax()) if shown.any() else drawn.shape[across] // 2
    # (column axis, row axis) rising to (row, column) with the upper end first and R, or A, at the left
    seen, label = (np.take(a, at, axis=across).T[::-1, ::-1] for a in (grey, drawn))
    column, row = others
    wide, high = seen.shape[1] * steps[column], seen.shape[0] * steps[row]
    size = (max(1, round(SIDE * wide / max(wide, high))), max(1, round(SIDE * high / max(wide, high))))
    picture = Image.fromarray(np.ascontiguousarray(seen)).resize(size, Image.Resampling.BILINEAR)
    tint = Image.fromarray(np.ascontiguousarray(label)).resize(size, Image.Resampling.NEAREST)
    made = Image.fromarray(blend(np.asarray(picture.convert("RGB")), np.asarray(tint)))
    _marks(made, _PLANES[across], _ENDS[column][0], _ENDS[column][1], _ENDS[row][0])
    return made


def _marks(picture: Image.Image, title: str, left: str, right: str, above: str) -> None:
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(13)
    width, height = picture.size
    draw.text((2, 0), title, _TEXT, font)
    draw.text((2, height // 2 - 8), left, _TEXT, font)
    draw.text((width - 12, height // 2 - 8), right, _TEXT, font)
    draw.text((width // 2 - 4, 14), above, _TEXT, font)


def _legend(
    sheet: Image.Image, top: int, columns: int, names: Mapping[int, str], volumes_ml: Mapping[int, float]
) -> None:
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for place, (value, name) in enumerate(names.items()):
        x, y = place % columns * SIDE, top + place // columns * _LINE
        draw.rectangle((x, y + 2, x + 12, y + 14), fill=PALETTE[value])
        draw.text((x + 18, y), f"{name}  {volumes_ml.get(value, 0.0):.2f} ml", _TEXT, font)
