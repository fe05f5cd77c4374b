"""Every error a user can meet, each with the exit code of the command.

SegmemError               1  a fault of ours
├── UsageError            2  the command or call was wrong
│   ├── SettingsError     2  a setting is unknown or has a bad value
│   ├── PromptError       2  a prompt cannot be meant: outside the image, without area, of no frame
│   └── UnknownModelError 2  no model has that name
├── InputError            3  a file or folder cannot be used
│   ├── FormatError       3  it is not what its name says, or is damaged
│   ├── GeometryError     3  sizes, spacings or affines do not fit
│   └── WeightsError      3  weights do not match the network
├── SurroundingsError     4  this machine lacks something
│   ├── OutputError       4  the output cannot be written
│   └── MissingExtraError 4  an optional package is not installed
└── InterruptedRun        5  stopped half-way; what is whole stays and `--resume` continues
"""

from difflib import get_close_matches
from typing import ClassVar


class SegmemError(Exception):
    """The root. Its text says what, where, why and what to do."""

    exit_code: ClassVar[int] = 1


class UsageError(SegmemError):
    exit_code = 2


class SettingsError(UsageError):
    pass


class PromptError(UsageError):
    pass


class UnknownModelError(UsageError):
    pass


class InputError(SegmemError):
    exit_code = 3


class FormatError(InputError):
    pass


class GeometryError(InputError):
    pass


class WeightsError(InputError):
    pass


class SurroundingsError(SegmemError):
    exit_code = 4


class OutputError(SurroundingsError):
    pass


class MissingExtraError(SurroundingsError):
    pass


class InterruptedRun(SegmemError):  # noqa: N818 (no fault of anyone's)
    exit_code = 5


def nearest(name: str, known: list[str]) -> str:
    """A hint that names the known word nearest to `name`, or lists them all: ` Did you mean 'x'?`"""
    close = get_close_matches(name, known, n=1, cutoff=0.5)
    return f" Did you mean {close[0]!r}?" if close else f" Known: {', '.join(sorted(known)) or 'none'}."
