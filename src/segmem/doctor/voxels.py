"""The values of a scan: NaN, infinity, one value everywhere, slices of padding."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmem.doctor.finding import Code, Finding
from segmem.io.orientation import turn

NAN = Code(
    "scan-not-finite",
    "warning",
    "Voxels are NaN or infinite.",
    "One of them spoils every mean and every convolution that it enters.",
    "Replace them by the scan's background value, and find out which program made them.",
)
CONSTANT = Code(
    "scan-constant",
    "warning",
    "Every voxel has the same value.",
    "There is nothing to see; a scaling or a copy has failed.",
    "Export it again.",
)
PADDING = Code(
    "scan-padding-slices",
    "note",
    "Slices hold one value only.",
    "They are padding, or lost; a model sees nothing there.",
    "Nothing where the scan was padded on purpose; else compare with the source.",
)
_SHOWN = 5


def examine(array: NDArray[Any], affine: NDArray[np.float64], where: str) -> list[Finding]:
    """Findings of a scan's array on its file's axes."""
    found = []
    if array.dtype.kind == "f":
        wrong = int(array.size - np.isfinite(array).sum())
        if wrong:
            share = f"{100 * wrong / array.size:.2g} %"
            found.append(NAN.at(where, f"{wrong} of {array.size} voxels ({share})"))
            if wrong == array.size:
                return found
    low, high = np.nanmin(array), np.nanmax(array)
    if low == high:
        return [*found, CONSTANT.at(where, f"every voxel is {low:g}")]
    frames = array.transpose(turn(affine).axes).reshape(array.shape[turn(affine).axes[0]], -1)
    flat = np.flatnonzero(frames.min(axis=1) == frames.max(axis=1)).tolist()
    if flat:
        listed = ", ".join(map(str, flat[:_SHOWN])) + (", ..." if len(flat) > _SHOWN else "")
        found.append(PADDING.at(where, f"{len(flat)} of {len(frames)} slices ({listed})"))
    return found
