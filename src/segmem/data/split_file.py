"""`splits.json`: which patients, videos or operations train, validate and test; nnU-Net's splits_final.json too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segmem.core.errors import FormatError, InputError, OutputError, SettingsError, UsageError, nearest
from segmem.data.cases import LabelledCase
from segmem.data.dataset_json import read_json
from segmem.io.outputs import write_json_atomic

VERSION = 1
PARTS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Fold:
    """Names of groups, or of cases, in each part.

    Raises:
        UsageError: a name is in two parts.
    """

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        seen: dict[str, str] = {}
        for part in PARTS:
            for name in getattr(self, part):
                if seen.setdefault(name, part) != part:
                    raise UsageError(
                        f"{name} is in {seen[name]} and in {part}. A patient, video or operation may be in one of"
                        " them only."
                    )


def write_splits(
    path: Path, folds: Sequence[Fold], about: Mapping[str, object], overwrite: bool = False
) -> None:
    """Save the folds, with what they were made from.

    Raises:
        OutputError: the file exists and must not be replaced, or cannot be written.
    """
    if path.exists() and not overwrite:
        raise OutputError(f"{path} exists. Choose another name, or allow it to be replaced with --overwrite.")
    listed = [{part: list(getattr(fold, part)) for part in PARTS} for fold in folds]
    write_json_atomic(path, {"version": VERSION, **about, "folds": listed})


def read_splits(path: Path) -> tuple[Fold, ...]:
    """The folds of a file: ours, nnU-Net's list of train and val, or one object with train, validation and test.

    Raises:
        InputError: there is no such file.
        FormatError: it is something else.
        UsageError: a name is in two parts of a fold.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file. Make one with `segmem split DATA -o {path.name}`.")
    found = read_json(path)
    if isinstance(found, dict):
        found = found.get("folds", [found])
    if not isinstance(found, list) or not found:
        raise FormatError(f"{path} holds no folds. Make it anew with `segmem split DATA -o {path.name}`.")
    try:
        return tuple(_fold(path, one) for one in found)
    except UsageError as fault:
        raise UsageError(f"{path}: {fault}") from None


def parts_of(cases: Sequence[LabelledCase], fold: Fold, where: Path) -> dict[str, list[LabelledCase]]:
    """The cases of each part; a name in the fold is a group's, or a case's.

    Raises:
        SettingsError: a name is neither.
        UsageError: a group is in two parts, or in none.
    """
    groups: dict[str, list[LabelledCase]] = {}
    for case in cases:
        groups.setdefault(case.group, []).append(case)
    named = {case.name: [case] for case in cases} | groups
    parts = {part: _cases_of(getattr(fold, part), named, where) for part in PARTS}
    _require_apart(groups, parts, where)
    return parts


def fold_of(path: Path, number: int) -> Fold:
    """Fold `number`, from 0, of a file.

    Raises:
        SettingsError: it has fewer; and as `read_splits`.
    """
    folds = read_splits(path)
    if number >= len(folds):
        raise SettingsError(
            f"data.fold: {path} has {len(folds)} folds, 0 to {len(folds) - 1}; {number} is none of them."
        )
    return folds[number]


def _fold(path: Path, one: Any) -> Fold:
    if not isinstance(one, dict) or "train" not in one:
        raise FormatError(f"{path}: a fold names the cases or groups that train; one of them does not.")
    parts = [one["train"], one.get("validation", one.get("val", [])), one.get("test", [])]
    if not all(isinstance(part, list) and all(isinstance(name, str) for name in part) for part in parts):
        raise FormatError(f"{path}: train, validation (or val) and test are lists of names.")
    train, validation, test = (tuple(part) for part in parts)
    return Fold(train, validation, test)


def _cases_of(
    names: Sequence[str], known: Mapping[str, list[LabelledCase]], where: Path
) -> list[LabelledCase]:
    for name in names:
        if name not in known:
            raise SettingsError(
                f"{where}: {name!r} is no group and no case of the data.{nearest(name, sorted(known))}"
            )
    return [case for name in names for case in known[name]]


def _require_apart(
    groups: Mapping[str, list[LabelledCase]], parts: Mapping[str, list[LabelledCase]], where: Path
) -> None:
    place = {case.name: part for part, cases in parts.items() for case in cases}
    for group, cases in groups.items():
        found = sorted({place[case.name] for case in cases if case.name in place})
        if len(found) > 1:
            raise UsageError(
                f"{where}: cases of {group} are in {' and in '.join(found)}. A patient, video or operation may be in"
                " one part only."
            )
        lost = [case.name for case in cases if case.name not in place]
        if lost:
            raise UsageError(
                f"{where}: {lost[0]} of {group} is in no part. Make the file anew, or add it to one."
            )
