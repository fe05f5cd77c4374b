"""Prompts from a JSON file: `[{"frame": 0, "object": 1, "box": [..], "points": [[x, y, 1]], "mask": "m.png"}]`."""

import json
import reprlib
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, ValidationError

from segmem.core import Settings
from segmem.core.errors import PromptError, nearest
from segmem.io.sniff import require_file
from segmem.predict.said import Said

_EXAMPLE = '[{"frame": 0, "object": 1, "box": [10, 20, 30, 40]}]'


class Entry(Settings):
    """One prompt of the file."""

    model_config = ConfigDict(strict=True)

    frame: int | None = None
    """From 0; left out, that of `--on`, or the clip's own."""
    object: int | None = None
    """1 to 255; left out, 1, or one for each value of the mask."""
    box: list[float] | None = None
    """x0, y0, x1, y1; two corners x, y, z of mm with `--world`."""
    points: list[list[float]] | None = None
    """x, y, label each, 1 inside, 0 outside; x, y, z, label with `--world`."""
    mask: str | None = None
    """A file in the folder of this one."""
    rough: bool = False
    """The mask says no more than about where the object is."""


def read_prompts(path: Path) -> list[Said]:
    """The prompts of a file, in its order.

    Raises:
        InputError: the file is missing or may not be read.
        PromptError: it is not JSON, a key is unknown, a value is of another type, or a mask lies outside the
            file's folder.
    """
    require_file(path, "a JSON file of prompts")
    rows = _parsed(path)
    if not isinstance(rows, list):
        raise PromptError(f"{path.name} holds no list of prompts. Write {_EXAMPLE}.")
    return [_said(path, number, row) for number, row in enumerate(rows, start=1)]


def _parsed(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as why:
        raise PromptError(
            f"{path.name}, line {why.lineno}, column {why.colno}: not JSON, {why.msg[:1].lower()}{why.msg[1:]}."
        ) from None
    except (ValueError, RecursionError) as why:  # no UTF-8, a number without end, brackets without end
        raise PromptError(f"{path.name} is not JSON ({why}). Write {_EXAMPLE}.") from None


def _said(path: Path, number: int, row: Any) -> Said:
    words = f"{path.name}, prompt {number}"
    if not isinstance(row, dict):
        raise PromptError(f"{words} is not in braces. Write {_EXAMPLE}.")
    try:
        entry = Entry.model_validate(row)
    except ValidationError as why:
        raise _wrong(words, why) from None
    box = None if entry.box is None else tuple(entry.box)
    points = tuple(tuple(point) for point in entry.points or ())
    return Said(words, entry.frame, entry.object, box, points, _mask(words, path, entry.mask), entry.rough)


def _wrong(words: str, why: ValidationError) -> PromptError:
    first = why.errors()[0]
    key = str(first["loc"][0])
    if first["type"] == "extra_forbidden":
        return PromptError(f"{words} has the unknown key {key!r}.{nearest(key, list(Entry.model_fields))}")
    return PromptError(
        f"{words}: {key} cannot be {reprlib.repr(first['input'])}: {first['msg'][:1].lower()}{first['msg'][1:]}."
    )


def _mask(words: str, path: Path, name: str | None) -> Path | None:
    if name is None:
        return None
    folder = path.parent.resolve()
    try:
        found = (folder / name).resolve()
    except (OSError, ValueError) as why:  # a loop of links, a null byte
        raise PromptError(f"{words}: mask {name!r} is no file name ({why}).") from None
    if not found.is_relative_to(folder):
        raise PromptError(
            f"{words}: mask {name!r} lies outside the folder of {path.name}. Copy it beside that file."
        )
    return found
