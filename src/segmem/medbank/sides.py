"""Which slices train and which validate: by patient, or by image as the paper did."""

import random
from collections.abc import Mapping, Sequence
from typing import Literal

from segmem.data.splits import rank

SplitBy = Literal["patient", "released"]
SHARE = 0.1  # that validates


def sides(slices: Mapping[str, str], by: SplitBy, seed: int) -> dict[str, str]:
    """`train` or `val` of each slice.

    Args:
        slices: name of each slice to its patient's.
        by: patient: a tenth of the patients validate, one at least where there are two. released: a tenth of the
            slices, so that one patient's are on both sides.
        seed: chooses them.
    """
    if by == "released":
        names = sorted(slices)
        random.Random(seed).shuffle(names)  # noqa: S311  no secret
        chosen = set(names[: _count(names)])
        return {name: "val" if name in chosen else "train" for name in slices}
    patients = sorted(set(slices.values()), key=lambda one: rank(one, seed))
    chosen = set(patients[: _count(patients)])
    return {name: "val" if patient in chosen else "train" for name, patient in slices.items()}


def on_both(slices: Mapping[str, str], side: Mapping[str, str]) -> list[str]:
    """Patients with slices that train and slices that validate."""
    seen: dict[str, set[str]] = {}
    for name, patient in slices.items():
        seen.setdefault(patient, set()).add(side[name])
    return sorted(patient for patient, found in seen.items() if len(found) > 1)


def _count(among: Sequence[str]) -> int:
    return max(1, round(SHARE * len(among))) if len(among) > 1 else 0
