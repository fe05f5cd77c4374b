"""The values of a label map: whole, from 0 to 255, and classes that someone named."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmem.doctor.finding import Code, Finding

FRACTIONS = Code(
    "label-fractions",
    "fault",
    "A label map holds numbers that are not whole.",
    "It was resampled with interpolation or scaled; the values between classes are no class.",
    "Make it again with nearest-neighbour resampling. Round it only where you know that the values are noise.",
)
FLOATS = Code(
    "label-floats",
    "note",
    "The labels are whole numbers saved as floating point.",
    "It takes four to eight times the space; segmem reads it.",
    "Nothing, or take the copy that --fix writes as uint8.",
    fixable=True,
)
NEGATIVE = Code(
    "label-negative",
    "fault",
    "A label is negative.",
    "Classes count from 0. Negative values are usually an ignored region or an overflow.",
    "Say what they mean and renumber them.",
)
ABOVE = Code(
    "label-above-255",
    "fault",
    "A label is above 255.",
    "A label map of segmem has one byte a pixel.",
    "Renumber the classes.",
)
FOREGROUND_255 = Code(
    "label-255",
    "warning",
    "The foreground is 255.",
    "With two classes the foreground is 1; 255 is no class and training would refuse it.",
    "Add --label-map 255=1 to the command, or take the copy that --fix writes, in which it is 1.",
    fixable=True,
)
COLOUR = Code(
    "label-colour",
    "fault",
    "The mask is a picture in colour.",
    "A colour is no class number, and which colour is which class only you know.",
    "Save it as a palette PNG or as grey, each colour as its class's number.",
)
OUTSIDE = Code(
    "label-outside",
    "fault",
    "A label is no class of the list.",
    "Training refuses it, and scores would count it as wrong.",
    "Map it with --label-map VALUE=CLASS, or add the class to the list.",
)
EMPTY = Code(
    "label-empty",
    "note",
    "The label map is background everywhere.",
    "Overlap with nothing is undefined: such cases are counted apart in scores.",
    "Nothing, where there is truly nothing to see.",
)
FEW = 64  # different values of what may be a label map
_SHOWN = 6


def looks_labelled(values: NDArray[Any]) -> bool:
    """Whether an array without a name that tells is a label map: whole numbers, 0 among few values."""
    if values.dtype.kind not in "iub" or not values.size:
        return False
    found = np.unique(values)
    return bool(1 < len(found) <= FEW and found[0] == 0 and found[-1] <= FEW)


def examine(values: NDArray[Any], where: str) -> list[Finding]:
    """Findings of the values of one label map, of any shape."""
    found, counts = np.unique(values, return_counts=True)
    broken = found[~np.isfinite(found) | (np.floor(found) != found)] if found.dtype.kind == "f" else found[:0]
    if broken.size:
        return [FRACTIONS.at(where, f"the values {shown(broken)} are not whole{_near(broken)}")]
    if found.size and found[0] < 0:
        return [NEGATIVE.at(where, f"the values {_counted(found, counts, found < 0)}")]
    if found.size and found[-1] > 255:
        return [ABOVE.at(where, f"the values {_counted(found, counts, found > 255)}")]
    noted = []
    if values.dtype.kind == "f":
        noted.append(FLOATS.at(where, f"the values are saved as {values.dtype}"))
    if set(found.tolist()) in ({0, 255}, {255}):
        noted.append(FOREGROUND_255.at(where, "the values are 0 and 255: --label-map 255=1"))
    if not found.any():
        noted.append(EMPTY.at(where, "every label is 0"))
    return noted


def outside(counts: Mapping[int, int], classes: Sequence[str], where: str) -> list[Finding]:
    """A finding where a label value (with its number of pixels) is no index of `classes`."""
    strange = {value: count for value, count in sorted(counts.items()) if value >= len(classes)}
    if not strange:
        return []
    told = ", ".join(f"{value} ({count} pixels)" for value, count in list(strange.items())[:_SHOWN])
    first = next(iter(strange))
    return [
        OUTSIDE.at(
            where,
            f"the label {told} is none of the {len(classes)} classes (0 to {len(classes) - 1}):"
            f" --label-map {first}=...",
        )
    ]


def shown(values: NDArray[Any]) -> str:
    """A few of the values, for a message."""
    more = ", ..." if len(values) > _SHOWN else ""
    return ", ".join(f"{value:g}" for value in values[:_SHOWN].tolist()) + more


def _counted(found: NDArray[Any], counts: NDArray[Any], mask: NDArray[Any]) -> str:
    pairs = list(zip(found[mask].tolist(), counts[mask].tolist(), strict=True))
    more = ", ..." if len(pairs) > _SHOWN else ""
    return ", ".join(f"{value:g} ({count} pixels)" for value, count in pairs[:_SHOWN]) + more


def _near(broken: NDArray[Any]) -> str:
    finite = broken[np.isfinite(broken)]
    whole = np.unique(np.round(finite))
    if finite.size == broken.size and finite.size and np.abs(finite - np.round(finite)).max() < 0.01:
        return f"; all are next to {shown(whole)}"
    return ""
