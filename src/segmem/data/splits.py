"""Which groups train and which validate. A patient, video or operation is never in both."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from segmem.core.errors import SettingsError, UsageError, nearest
from segmem.data.cases import LabelledCase
from segmem.data.split_file import fold_of, parts_of


@dataclass(frozen=True, slots=True)
class Split:
    """Cases to learn from and cases to validate on.

    Raises:
        UsageError: a group is in both.
    """

    train: tuple[LabelledCase, ...]
    validation: tuple[LabelledCase, ...]

    def __post_init__(self) -> None:
        shared = {case.group for case in self.train} & {case.group for case in self.validation}
        if shared:
            raise UsageError(
                f"{', '.join(sorted(shared))}: in training and in validation."
                " A patient, video or operation may be in one of them only."
            )


def by_groups(cases: Sequence[LabelledCase], validation: Iterable[str]) -> Split:
    """The named groups validate, the others train.

    Raises:
        SettingsError: a name is no group of these cases.
        UsageError: nothing is left to train on.
    """
    chosen, known = set(validation), {case.group for case in cases}
    for name in sorted(chosen - known):
        raise SettingsError(f"validation group {name!r} is not in the data.{nearest(name, sorted(known))}")
    return _split(cases, chosen)


def by_fraction(cases: Sequence[LabelledCase], fraction: float, seed: int) -> Split:
    """About `fraction` of the groups validate (at least one, if above 0), chosen by a hash of seed and name.

    Raises:
        UsageError: nothing is left to train on.
    """
    groups = sorted({case.group for case in cases}, key=lambda group: rank(group, seed))
    count = max(1, round(fraction * len(groups))) if fraction > 0 else 0
    return _split(cases, set(groups[:count]))


def by_file(cases: Sequence[LabelledCase], path: Path, fold: int) -> Split:
    """Fold `fold` of a file of `segmem split`, or of nnU-Net's: its test cases neither train nor validate.

    Raises:
        InputError: there is no such file, or it holds something else.
        SettingsError: it has no such fold, or names what is not in the data.
        UsageError: a group is in two parts or in none, or nothing is left to train on.
    """
    parts = parts_of(cases, fold_of(path, fold), path)
    if not parts["train"]:
        raise UsageError(f"{path}: fold {fold} leaves nothing to train on.")
    return Split(tuple(parts["train"]), tuple(parts["validation"]))


def rank(group: str, seed: int) -> bytes:
    """By which names are put in an order that depends on the seed and on nothing else."""
    return hashlib.sha256(f"{seed}/{group}".encode()).digest()


def _split(cases: Sequence[LabelledCase], chosen: set[str]) -> Split:
    split = Split(
        tuple(case for case in cases if case.group not in chosen),
        tuple(case for case in cases if case.group in chosen),
    )
    if not split.train:
        raise UsageError(
            f"All {len(chosen)} groups are for validation, none is left to train on. Name fewer, or add cases."
        )
    return split
