"""Which patient, video or operation a case belongs to, read from its name."""

import re

from segmem.core.errors import InputError, SettingsError


def group_of(name: str, pattern: str | None) -> str:
    """What `pattern`'s only group finds in `name`; `name` itself without a pattern.

    Raises:
        SettingsError: `pattern` is not a regular expression with exactly one group.
        InputError: the pattern finds nothing in this name.
    """
    if pattern is None:
        return name
    try:
        compiled = re.compile(pattern)
    except re.error as fault:
        raise SettingsError(f"group pattern {pattern!r} is no regular expression: {fault}.") from None
    if compiled.groups != 1:
        raise SettingsError(
            f"group pattern {pattern!r} has {compiled.groups} groups, it needs exactly one, as in '(OP\\d+)_'."
        )
    match = compiled.search(name)
    if match is None:
        raise InputError(f"{name}: the group pattern {pattern!r} finds nothing in this name.")
    return match.group(1)
