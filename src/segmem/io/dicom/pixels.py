"""Stored values of DICOM frames to numbers of a scan or to RGB, by the standard."""

import warnings
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmem.core.errors import FormatError
from segmem.io.dicom.files import pydicom, read_header
from segmem.io.dicom.header import Frame
from segmem.io.sniff import not_a

_REASON = 200  # letters; plugins tell long stories
Array = NDArray[np.generic]


def stored(frames: Sequence[Frame], size: tuple[int, int]) -> Iterator[tuple[Frame, Array]]:
    """Each frame with its stored values (H, W) or (H, W, 3), decoded one at a time; YBR is RGB already.

    Raises:
        FormatError: a file is damaged or cut short, or its pixels are not of `size` (H, W).
    """
    for path, group in groupby(frames, key=lambda frame: frame.path):
        wanted = list(group)
        arrays = _decoded(path, [frame.number for frame in wanted])
        for frame in wanted:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # of bytes too many, which nobody misses
                    array = next(arrays)
            except Exception as why:  # every plugin has errors of its own
                reason = "it has no pixels" if isinstance(why, StopIteration) else str(why)[:_REASON]
                raise _damaged(path, reason) from None
            if array.shape[:2] != size:
                raise _damaged(path, f"pixels are {array.shape[:2]}, its series is {size}")
            yield frame, array


def bits(path: Path, numbers: Sequence[int], size: tuple[int, int]) -> Iterator[Array]:
    """Frames (H, W) of 0 and 1 that are packed without a gap between them, whatever their number of pixels.

    Raises:
        FormatError: the file is damaged or cut short.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            data = np.frombuffer(pydicom().dcmread(path, force=True).PixelData, np.uint8)
    except Exception as why:  # see `stored`
        raise _damaged(path, str(why)[:_REASON]) from None
    length = size[0] * size[1]
    for number in numbers:
        first, last = number * length, (number + 1) * length
        found = np.unpackbits(data[first // 8 : -(-last // 8)], bitorder="little")[first % 8 :][:length]
        if found.size < length:
            raise _damaged(path, f"frame {number + 1} is cut short")
        yield found.reshape(size)


def in_units(frame: Frame, array: Array, photometric: str) -> NDArray[np.float32]:
    """(H, W) in the scan's own units: the modality's table or slope and intercept, as the frame states them.

    MONOCHROME1 without a slope is inverted within the range of the stored type; values with a unit are numbers, which
    do not depend on how they are shown.
    """
    if frame.rescale is not None:
        slope, intercept = frame.rescale
        return (array.astype(np.float64) * slope + intercept).astype(np.float32)
    table = read_header(frame.path, ("ModalityLUTSequence", "RescaleSlope"))
    try:
        if table.get("ModalityLUTSequence"):
            array = pydicom().pixels.apply_modality_lut(array, table)
    except Exception as why:  # see `stored`
        raise _damaged(frame.path, str(why)[:_REASON]) from None
    values = array.astype(np.float32)
    return (values.max() + values.min() - values) if photometric == "MONOCHROME1" else values


def as_rgb(frame: Frame, array: Array, header: Any) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 as the file wants it shown: its window, its palette, its polarity.

    Args:
        header: the file's dataset without pixels.

    Raises:
        FormatError: what it says of that is damaged.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _shown(frame, array, header)
    except Exception as why:  # see `stored`
        raise _damaged(frame.path, str(why)[:_REASON]) from None


def _shown(frame: Frame, array: Array, header: Any) -> NDArray[np.uint8]:
    if array.ndim == 3:
        return _eight_bits(array, int(header.get("BitsStored") or 8))
    if str(header.get("PhotometricInterpretation")) == "PALETTE COLOR":
        return _palette(array, header)
    grey = _grey(frame, array, header)
    if str(header.get("PhotometricInterpretation")) == "MONOCHROME1":
        grey = 255 - grey
    return np.repeat(grey[..., None], 3, axis=2)


def _grey(frame: Frame, array: Array, header: Any) -> NDArray[np.uint8]:
    """Grey values through the first window. Without one 8-bit values are as they are; others go from the lowest to
    the highest, of a video from those that its bits can hold, as a range of each frame's own would flicker."""
    slope, intercept = frame.rescale or (1.0, 0.0)
    values = array.astype(np.float64) * slope + intercept
    window = _window(header)
    if window is not None:
        centre, width = window
        low, high = centre - 0.5 - (width - 1) / 2, centre - 0.5 + (width - 1) / 2
    elif array.dtype == np.uint8 and frame.rescale is None:
        return array.astype(np.uint8)
    elif int(header.get("NumberOfFrames") or 1) > 1:
        depth, signed = int(header.get("BitsStored") or 16), int(header.get("PixelRepresentation") or 0)
        first = -(2 ** (depth - 1)) if signed else 0
        low, high = first * slope + intercept, (first + 2**depth - 1) * slope + intercept
    else:
        low, high = float(values.min()), float(values.max())
    scaled = (values - low) / max(high - low, 1e-9)
    return (np.clip(scaled, 0, 1) * 255).round().astype(np.uint8)


def _window(header: Any) -> tuple[float, float] | None:
    """Centre and width of the first window; None where there is none of width."""
    found = []
    for name in ("WindowCenter", "WindowWidth"):
        value = header.get(name)
        if value in (None, ""):
            return None
        found.append(float(value if isinstance(value, str | int | float) else value[0]))
    return (found[0], found[1]) if found[1] >= 1 else None


def _palette(array: Array, header: Any) -> NDArray[np.uint8]:
    shown = pydicom().pixels.apply_color_lut(array, header)[..., :3]
    return _eight_bits(shown, 8 * shown.dtype.itemsize)


def _eight_bits(array: Array, bits: int) -> NDArray[np.uint8]:
    unsigned = array.astype(np.uint64)
    return (unsigned >> np.uint64(max(0, bits - 8))).clip(0, 255).astype(np.uint8)


def _decoded(path: Path, numbers: list[int]) -> Iterator[Array]:
    dicom = pydicom()
    source: Any = path
    if not getattr(read_header(path, ()).file_meta, "TransferSyntaxUID", None):
        source = _plain(path)
    yield from dicom.pixels.iter_pixels(source, indices=numbers)


def _plain(path: Path) -> Any:
    """A dataset of an old file that does not say how it is written: it is plain, as its elements were."""
    dicom = pydicom()
    dataset = dicom.dcmread(path, force=True)
    implicit, little = dataset.original_encoding
    plain = dicom.uid.ImplicitVRLittleEndian if implicit else dicom.uid.ExplicitVRLittleEndian
    dataset.file_meta.TransferSyntaxUID = plain if little else dicom.uid.ExplicitVRBigEndian
    return dataset


def _damaged(path: Path, why: object) -> FormatError:
    return not_a(path, "a whole DICOM image", why)
