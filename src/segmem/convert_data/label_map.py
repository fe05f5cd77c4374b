"""Which label value becomes which: by name where both sides have names, else as somebody said."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from segmem.core.errors import InputError, UsageError, nearest

BACKGROUND, IGNORE = "background", "ignore"


@dataclass(frozen=True, slots=True)
class LabelMap:
    """Attributes:
    table: source value to target value.
    names: target value to name; empty where nobody named the classes.
    source: source value to name, for messages.
    same: values that `table` does not hold keep their number.
    parts: source value to the regions that it is a part of, for messages.
    """

    table: Mapping[int, int]
    names: Mapping[int, str]
    source: Mapping[int, str] = field(default_factory=dict)
    same: bool = False
    parts: Mapping[int, str] = field(default_factory=dict)


class Mapper:
    """Applies a map to the frames of one case, and counts what it does not cover."""

    def __init__(self, wanted: LabelMap) -> None:
        self._wanted = wanted
        self._table = torch.arange(256, dtype=torch.uint8)
        for old, new in wanted.table.items():
            self._table[old] = new
        self._covered = torch.zeros(256, dtype=torch.bool)
        self._covered[:] = wanted.same
        self._covered[list(wanted.table)] = True
        self._pixels: Counter[int] = Counter()
        self._frames: Counter[int] = Counter()

    def __call__(self, label: Tensor) -> Tensor:
        """The map (H, W) uint8 of a label map (H, W) uint8."""
        index = label.long()
        if not bool(self._covered[index].all()):
            values, counts = torch.unique(label, return_counts=True)
            for value, count in zip(values.tolist(), counts.tolist(), strict=True):
                if not self._covered[value]:
                    self._pixels[value] += count
                    self._frames[value] += 1
        return self._table[index]

    def require_covered(self, case: str) -> None:
        """After the last frame.

        Raises:
            InputError: values that no map covers, each with its count.
        """
        if not self._pixels:
            return
        told = [
            f"label {value}{self._called(value)} ({count} pixels in {self._frames[value]} frames)"
            for value, count in sorted(self._pixels.items())
        ]
        first = min(self._pixels)
        known = ", ".join(f"{value} {name}" for value, name in sorted(self._wanted.names.items()))
        raise InputError(
            f"{case}: no map covers {'; '.join(told)}. The target has {known or 'no names yet'}. Say what it is with"
            f" --label-map {first}=NAME, or {first}=background to leave it out."
        )

    def _called(self, value: int) -> str:
        name = self._wanted.source.get(value)
        part = self._wanted.parts.get(value)
        return f" {name!r}" if name else f", a part of {part}" if part else ""


def label_map(
    source: Mapping[int, str], classes: Sequence[str], written: Sequence[str], consecutive: bool
) -> LabelMap:
    """From what is known and what was written.

    Where `classes` are given, source classes of the same name become them; others have to be written. Without, source
    classes keep their names and values; a written name that is new becomes a new class. Value 0 is background.

    Args:
        source: value to name, as far as it is known.
        classes: names of the target by id, the background first; none takes the source's.
        written: `VALUE-OR-NAME=VALUE-OR-NAME`, source before target.
        consecutive: the target's values must run 0, 1, 2... and have names.

    Raises:
        UsageError: one is written otherwise, or names what is not there.
    """
    pairs = _pairs(written, source)
    if classes:
        table, names = _onto(source, tuple(classes), pairs)
        return LabelMap(table, names, source)
    table, names = _own(source, pairs)
    if not consecutive:
        return LabelMap(table, names, source, same=not source and not written)
    order = sorted(names, key=lambda value: (names[value] == IGNORE, value))
    place = {value: number for number, value in enumerate(order)}
    return LabelMap(
        {old: place[new] for old, new in table.items()},
        {place[value]: names[value] for value in order},
        source,
    )


def _pairs(written: Sequence[str], source: Mapping[int, str]) -> dict[int, str]:
    values = {name.casefold(): value for value, name in source.items()}
    pairs: dict[int, str] = {}
    for text in written:
        left, equals, right = (part.strip() for part in text.partition("="))
        if not (equals and left and right):
            raise UsageError(
                f"--label-map {text!r} is not SOURCE=TARGET, each a value or a name, as in 255=polyp."
            )
        if left.isdecimal():
            value = int(left)
        elif left.casefold() in values:
            value = values[left.casefold()]
        else:
            raise UsageError(
                f"--label-map {text!r}: the source has no class {left!r}.{nearest(left, list(values))}"
            )
        if value > 255 or value in pairs:
            why = "above 255" if value > 255 else "mapped twice"
            raise UsageError(f"--label-map {text!r}: label {value} is {why}.")
        pairs[value] = right
    return pairs


def _onto(
    source: Mapping[int, str], classes: tuple[str, ...], pairs: Mapping[int, str]
) -> tuple[dict[int, int], dict[int, str]]:
    """Onto the classes of a list."""
    ids = {name.casefold(): number for number, name in enumerate(classes)}
    table = {value: ids[name.casefold()] for value, name in source.items() if name.casefold() in ids}
    table.setdefault(0, 0)
    for value, name in pairs.items():
        if name.isdecimal() and int(name) < len(classes):
            table[value] = int(name)
        elif name.casefold() in ids:
            table[value] = ids[name.casefold()]
        else:
            raise UsageError(
                f"--label-map {value}={name}: no class of the target.{nearest(name, list(classes))}"
            )
    return table, dict(enumerate(classes))


def _own(source: Mapping[int, str], pairs: Mapping[int, str]) -> tuple[dict[int, int], dict[int, str]]:
    """Onto the source's own classes, and those that `pairs` name anew."""
    names = {0: source.get(0, BACKGROUND)} | {v: name for v, name in source.items() if v not in pairs}
    table = {value: value for value in names}
    for value, name in pairs.items():
        ids = {known.casefold(): number for number, known in names.items()} | {BACKGROUND: 0}
        if name.casefold() in ids:
            table[value] = ids[name.casefold()]
            continue
        if name.isdecimal():
            place = int(name)
            if place > 255:
                raise UsageError(f"--label-map {value}={name}: labels go up to 255.")
            names.setdefault(place, source.get(place, f"class {place}"))
        else:
            own = bool(source) and value not in names  # a class that is called otherwise keeps its value
            place = value if own else next(n for n in range(1, 256) if n not in names)
            names[place] = name
        table[value] = place
    return table, names
