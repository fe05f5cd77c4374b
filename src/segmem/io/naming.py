"""Names of cases from the names of their files."""

from pathlib import Path

from segmem.core.errors import InputError
from segmem.io.formats import case_name


def named(root: Path, paths: list[Path]) -> list[tuple[Path, str]]:
    """Names from file names; where a glob finds one name in several folders, the folders are put before it.

    A name that every file bears says nothing: `d1/video.avi` and `d2/video.avi` are `d1` and `d2`.

    Raises:
        InputError: two files would bear one name.
    """
    names = [case_name(path) for path in paths]
    if len({path.absolute().parent for path in paths}) > 1 and len(set(names)) < len(names):
        inner = [path.absolute().relative_to(root.absolute()) for path in paths]
        alike = len(set(names)) == 1 and all(len(path.parts) > 1 for path in inner)
        names = ["_".join((*path.parts[:-1], *(() if alike else (case_name(path),)))) for path in inner]
    seen: dict[str, Path] = {}
    for path, name in zip(paths, names, strict=True):
        if (other := seen.setdefault(name.casefold(), path)) is not path:
            raise InputError(
                f"{other} and {path} would both be case {name!r}. Rename one, or name them one by one."
            )
    return list(zip(paths, names, strict=True))
