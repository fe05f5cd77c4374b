"""`classes.json`: the names of a dataset's classes, where its layout has no place of its own for them."""

from collections.abc import Mapping
from pathlib import Path

from segmem.core.errors import FormatError
from segmem.data.dataset_json import read_json
from segmem.io.outputs import write_json_atomic

NAME = "classes.json"


def read_class_names(root: Path) -> dict[int, str]:
    """Label value to name; empty where the folder does not say.

    Raises:
        FormatError: the file is not `{"name": value, ...}` with a whole number from 0 to 255 for each name.
    """
    path = root / NAME
    if not path.is_file():
        return {}
    return {value: name for name, value in checked_labels(read_json(path), path).items()}


def write_class_names(root: Path, names: Mapping[int, str]) -> None:
    """Write the file, in the order of the values."""
    write_json_atomic(root / NAME, {names[value]: value for value in sorted(names)})


def checked_labels(found: object, where: Path) -> dict[str, int]:
    """Names to label values.

    Raises:
        FormatError: it is something else, or two names have one value.
    """
    fits = isinstance(found, dict) and all(
        isinstance(name, str) and type(value) is int and 0 <= value <= 255 for name, value in found.items()
    )
    if not isinstance(found, dict) or not fits:
        raise FormatError(f'{where}: classes are written {{"name": value, ...}}, each value from 0 to 255.')
    if len(set(found.values())) < len(found):
        raise FormatError(f"{where}: two classes have one value. Give each its own.")
    return found
