"""What a file of splits beside a dataset says: which cases train and which test."""

from collections.abc import Iterator
from pathlib import Path

from segmem.core.errors import FormatError
from segmem.data.dataset_json import read_json
from segmem.doctor.finding import Code, Finding
from segmem.doctor.names import split_of_name
from segmem.doctor.reading import reason

BAD = Code(
    "splits-unreadable",
    "warning",
    "The file of splits cannot be read.",
    "Whether a patient is in two of them cannot be checked.",
    "Correct its syntax.",
)
SPLITS = ("splits.json", "splits_final.json")
Fold = dict[str, frozenset[str]]
"""The names (of cases or groups) in each of train, validation, test."""


def folds(root: Path) -> tuple[list[Fold], list[Finding]]:
    """Every set of splits that a file of splits in `root` lists."""
    found: list[Fold] = []
    told: list[Finding] = []
    for name in SPLITS:
        path = root / name
        if not path.is_file():
            continue
        try:
            found += _folds_in(read_json(path))
        except FormatError as error:
            told.append(BAD.at(name, reason(error, path)))
    return found, told


def _folds_in(tree: object) -> Iterator[Fold]:
    """Wherever in the tree an object has lists of names under two or more names of splits."""
    if isinstance(tree, dict):
        named = {
            split: frozenset(value if isinstance(value, str) else str(value) for value in values)
            for key, values in tree.items()
            if (split := split_of_name(str(key))) and isinstance(values, list)
        }
        if len(named) > 1:
            yield named
        for value in tree.values():
            yield from _folds_in(value)
    elif isinstance(tree, list):
        for value in tree:
            if isinstance(value, dict | list):
                yield from _folds_in(value)
