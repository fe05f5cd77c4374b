"""Whether a path stays inside the folder it was found in: links and `..` that lead out are refused."""

from collections.abc import Iterable
from pathlib import Path

from segmem.core.errors import InputError


def require_within(root: Path, paths: Iterable[Path]) -> None:
    """Check each of `paths`, links followed.

    Raises:
        InputError: one of them leads out of `root`.
    """
    home = root.resolve()
    for path in paths:
        if not path.resolve().is_relative_to(home):
            how = "is a link that leads" if ".." not in path.parts else "leads"
            raise InputError(f"{path} {how} out of {root}. Name the file it leads to, or copy it.")
