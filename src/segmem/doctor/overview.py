"""All cases of a dataset beside each other: classes, channels, sizes, spacings."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from segmem.doctor.finding import Code, Finding
from segmem.doctor.tally import Tally

EMPTY_CLASS = Code(
    "class-empty",
    "warning",
    "A class of the list has no pixel in any case.",
    "It cannot be learned, and its score is undefined.",
    "Take it off the list, or add cases that show it. Were its labels renumbered?",
)
GAP = Code(
    "class-gap",
    "note",
    "A number between the labels is never used.",
    "A class may have been lost, or cases that show it.",
    "Compare with the dataset's list of classes.",
)
CHANNELS = Code(
    "dataset-mixed-channels",
    "warning",
    "Cases have different numbers of channels.",
    "One network takes one number of channels.",
    "Save all of them alike.",
)
SPACINGS = Code(
    "dataset-mixed-spacing",
    "note",
    "The spacing differs much from case to case.",
    "The same organ then has another size in pixels; a step that is twice another's may be a wrong header.",
    "Compare the extremes with the source.",
)
SIZES = Code(
    "dataset-mixed-sizes",
    "note",
    "Videos have frames of different sizes.",
    "Each is scaled to the model's grid by its own factor.",
    "Nothing.",
)
_TWICE = 2.0
_SHOWN = 8
_NO_CLASS = 255


def examine(tallies: Sequence[Tally], classes: Sequence[str]) -> list[Finding]:
    """Findings of cases that were read; `classes` by value, empty where nothing names them."""
    return [
        *_of_classes(tallies, classes),
        *_of_channels(tallies),
        *_of_sizes(tallies),
        *_of_spacings(tallies),
    ]


def facts(tallies: Sequence[Tally], classes: Sequence[str]) -> dict[str, Any]:
    """Frames, and each label's share of the labelled pixels."""
    counts = _counts(tallies)
    total = sum(counts.values())
    shares = {}
    for value in sorted(counts):
        name = f"{value} {classes[value]}" if value < len(classes) else str(value)
        cases = sum(value in one.counts for one in tallies)
        shares[name] = {"share": round(counts[value] / total, 6), "cases": cases}
    return {
        "read": len(tallies),
        "frames": sum(one.frames for one in tallies),
        "labelled": sum(one.labelled for one in tallies),
        "labels": shares,
    }


def _of_classes(tallies: Sequence[Tally], classes: Sequence[str]) -> list[Finding]:
    counts = _counts(tallies)
    if not counts:
        return []
    if classes:
        lost = [f"{value} {name}" for value, name in enumerate(classes) if value and value not in counts]
        return [
            EMPTY_CLASS.at(name, f"none of the {len(tallies)} cases that were read shows it") for name in lost
        ]
    used = [value for value in counts if value != _NO_CLASS]
    gaps = [value for value in range(max(used, default=0)) if value not in counts]
    return [GAP.at("labels", f"{', '.join(map(str, gaps[:_SHOWN]))} never occurs")] if gaps else []


def _of_channels(tallies: Sequence[Tally]) -> list[Finding]:
    by_number = {number: one.name for one in tallies for number in one.channels}
    if len(by_number) < 2:
        return []
    return [CHANNELS.at("cases", "; ".join(f"{n} as in {name}" for n, name in sorted(by_number.items())))]


def _of_sizes(tallies: Sequence[Tally]) -> list[Finding]:
    sizes = Counter(size for one in tallies if one.kind == "video" for size in one.sizes)
    if len(sizes) < 2:
        return []
    told = ", ".join(f"{w} x {h}" for (h, w), _ in sizes.most_common(_SHOWN))
    return [SIZES.at("cases", f"there are {len(sizes)}: {told}")]


def _of_spacings(tallies: Sequence[Tally]) -> list[Finding]:
    known = [(one.spacing_mm, one.name) for one in tallies if one.spacing_mm]
    for axis in range(3) if known else ():
        steps = sorted((spacing[axis], name) for spacing, name in known)
        (low, thin), (high, thick) = steps[0], steps[-1]
        if high >= _TWICE * low:
            told = f"along axis {axis} of the files it is {low:.4g} mm in {thin} and {high:.4g} mm in {thick}"
            return [SPACINGS.at("cases", told)]
    return []


def _counts(tallies: Sequence[Tally]) -> Counter[int]:
    return sum((one.counts for one in tallies), Counter[int]())
