"""Leakage: what a model would be tested on after it has learned from it."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from segmem.doctor.finding import Code, Finding
from segmem.doctor.fingerprint import near_pairs
from segmem.doctor.split_lists import Fold
from segmem.doctor.tally import Tally

GROUP = Code(
    "leak-group",
    "fault",
    "A patient, video or operation is in two splits.",
    "The model is tested on whom it has learned: scores are too good, and say nothing of new patients.",
    "Move all of it into one split.",
)
COPY = Code(
    "leak-duplicate",
    "fault",
    "A picture of one split looks like one of another.",
    "A copy in the test set is known by heart: scores are too good.",
    "Look at both. Remove one, or move both into one split.",
)
NEAR = Code(
    "near-duplicate",
    "warning",
    "Two cases look alike.",
    "If they fall into different splits, the test is on what was learned; if they have different labels, one is wrong.",
    "Look at both. Give them one group (--group), or remove one.",
)
DISTANCE = 12
"""Bits of 256 in which two pictures may differ and still be taken for one: of one heart at two times they differ in
3 to 6, of different patients in 24 and more."""


def of_groups(tallies: Sequence[Tally], folds: Sequence[Fold]) -> list[Finding]:
    """Groups that folders or lists put into two splits."""
    found = []
    by_folder: dict[str, set[str]] = defaultdict(set)
    for one in tallies:
        if one.split:
            by_folder[one.group].add(one.split)
    found += [
        _shared(group, splits, "folders") for group, splits in sorted(by_folder.items()) if len(splits) > 1
    ]
    for number, fold in enumerate(folds):
        place = f"fold {number}" if len(folds) > 1 else "the file of splits"
        by_list: dict[str, set[str]] = defaultdict(set)
        for one in tallies:
            for split in _splits_of(one, fold):
                by_list[one.group].add(split)
        found += [
            _shared(group, splits, place) for group, splits in sorted(by_list.items()) if len(splits) > 1
        ]
    return found


def of_pictures(tallies: Sequence[Tally], folds: Sequence[Fold]) -> list[Finding]:
    """Cases of different groups that look alike, worse where they are in different splits."""
    owners = sorted({one.group for one in tallies})
    rows = [(one, frame, bits) for one in tallies for frame, bits in one.prints]
    if not rows:
        return []
    prints = np.stack([bits for _, _, bits in rows])
    owner = np.asarray([owners.index(one.group) for one, _, _ in rows], dtype=np.int64)
    found = []
    for first, second, bits in near_pairs(prints, owner, DISTANCE):
        (one, frame, _), (other, other_frame, _) = rows[first], rows[second]
        told = f"{one.place(frame)} and {other.place(other_frame)} differ in {bits} of {prints.shape[1]} bits"
        apart = _apart(one, other, folds)
        found.append(
            COPY.at(one.name, f"{told}; one is in {apart[0]}, the other in {apart[1]}")
            if apart
            else NEAR.at(one.name, told)
        )
    return found


def _shared(group: str, splits: set[str], place: str) -> Finding:
    return GROUP.at(group, f"{place}: it is in {' and in '.join(sorted(splits))}")


def _splits_of(one: Tally, fold: Fold) -> list[str]:
    return [split for split, names in sorted(fold.items()) if {one.name, one.group} & names]


def _apart(one: Tally, other: Tally, folds: Sequence[Fold]) -> tuple[str, str] | None:
    """The two different splits that both are in, if a folder or the first such list says so."""
    if one.split and other.split and one.split != other.split:
        return one.split, other.split
    for fold in folds:
        mine, theirs = _splits_of(one, fold), _splits_of(other, fold)
        if mine and theirs and mine[0] != theirs[0]:
            return mine[0], theirs[0]
    return None
