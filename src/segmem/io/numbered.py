"""Whether pictures are the numbered frames of one clip, and in which order."""

import re
from pathlib import Path

from segmem.core.errors import InputError, UsageError
from segmem.io.formats import case_name

_LAST_NUMBER = re.compile(r"(.*?)(\d+)(\D*)$", re.DOTALL)


def as_one_clip(paths: list[Path], asked: bool) -> bool:
    """Whether `paths` are one clip: numbered alike, and (unless asked for) more than one, all of one size.

    Raises:
        UsageError: it was asked for, but the names carry no common number.
    """
    if asked:
        if not _numbered(paths):
            raise UsageError(
                f"{paths[0].parent}: the pictures are not numbered alike (as frame_1, frame_2), so they have no"
                " order. Rename them, or leave `--as clip` out."
            )
        return True
    if len(paths) < 2 or not _numbered(paths):
        return False
    from segmem.io.images import image_size  # brings torch, which a misspelt path need not wait for

    return len({image_size(path) for path in paths}) == 1


def in_order(paths: list[Path]) -> tuple[Path, ...]:
    """By number, not by letter: frame_2 comes before frame_10.

    Raises:
        InputError: two pictures have one number.
    """
    by_number: dict[int, Path] = {}
    for path in paths:
        other = by_number.setdefault(_number(path), path)
        if other is not path:
            raise InputError(f"{other} and {path} are both frame {_number(path)}. Keep one of them.")
    return tuple(by_number[number] for number in sorted(by_number))


def without_last_number(name: str) -> str:
    """What is left of a name without its last number: `OP1_07` -> `OP1_`."""
    found = _LAST_NUMBER.match(name)
    return f"{found.group(1)}{found.group(3)}" if found else name


def _numbered(paths: list[Path]) -> bool:
    found = [_LAST_NUMBER.match(case_name(path)) for path in paths]
    return None not in found and len({(m.group(1), m.group(3)) for m in found if m}) == 1


def _number(path: Path) -> int:
    match = _LAST_NUMBER.match(case_name(path))
    return int(match.group(2)) if match else 0
