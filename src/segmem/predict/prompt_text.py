"""Prompts from the words of the command: `2=10,20,30,40`, `15,25,+`, `2=mask.png`."""

import re
from pathlib import Path

from segmem.core.errors import PromptError
from segmem.predict.said import Said

_SIGNS = {"+": 1.0, "-": 0.0}
_MASK = re.compile(r"(?:(\d+)=)?(.+)", re.DOTALL)


def box(text: str, world: bool = False) -> Said:
    """`[ID=]x0,y0,x1,y1` in pixels, or with `world` `[ID=]x0,y0,z0,x1,y1,z1` in mm.

    Raises:
        PromptError: it is not written so.
    """
    words = f"--box {text}"
    form = "[ID=]x0,y0,z0,x1,y1,z1" if world else "[ID=]x0,y0,x1,y1"
    which, rest = _object(words, text, form)
    numbers = _numbers(words, rest, form)
    _require_count(words, len(numbers), form, millimetres=not world and len(numbers) == 6)
    return Said(words, object=which, box=numbers)


def point(text: str, world: bool = False) -> Said:
    """`[ID=]x,y,+|-` in pixels, or with `world` `[ID=]x,y,z,+|-` in mm; + is inside the object, - outside.

    Raises:
        PromptError: it is not written so.
    """
    words = f"--point {text}"
    form = "[ID=]x,y,z,+|-" if world else "[ID=]x,y,+|-"
    which, rest = _object(words, text, form)
    rest, _, sign = rest.rpartition(",")
    if sign.strip() not in _SIGNS:
        raise PromptError(
            f"{words}: it ends in {sign.strip()!r}; + is inside the object, - is outside. Write {form}."
        )
    numbers = _numbers(words, rest, form)
    _require_count(words, len(numbers) + 1, form, millimetres=not world and len(numbers) == 3)
    return Said(words, object=which, points=((*numbers, _SIGNS[sign.strip()]),))


def mask(text: str, rough: bool = False) -> Said:
    """`[ID=]FILE`; a file whose name begins with a number and `=` is written `./3=a.png`.

    Args:
        text: of `--mask`, or of `--rough`.
        rough: the mask says no more than about where the object is.

    Raises:
        PromptError: no file is named.
    """
    option = "--rough" if rough else "--mask"
    found = _MASK.fullmatch(text)
    if found is None:
        raise PromptError(f"{option} names no file. Write [ID=]FILE.")
    which, name = found.groups()
    one = None if which is None else int(which)
    return Said(f"{option} {text}", object=one, mask=Path(name).expanduser(), rough=rough)


def _object(words: str, text: str, form: str) -> tuple[int | None, str]:
    before, equals, rest = text.partition("=")
    if not equals:
        return None, text
    try:
        return int(before), rest
    except ValueError:
        raise PromptError(
            f"{words}: {before!r} is no object id, a whole number from 1 to 255. Write {form}."
        ) from None


def _numbers(words: str, text: str, form: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise PromptError(
            f"{words}: {text!r} is not numbers with commas between, such as 10,20.5. Write {form}."
        ) from None


def _require_count(words: str, count: int, form: str, millimetres: bool) -> None:
    wanted = form.count(",") + 1
    if count != wanted:
        hint = " For millimetres of a scan add --world." if millimetres else ""
        raise PromptError(f"{words} has {count} parts, {wanted} are needed. Write {form}.{hint}")
