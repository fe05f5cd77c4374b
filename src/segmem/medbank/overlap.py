"""Whether an external set holds what was trained on: by what is known of the sets, and by what looks alike."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segmem.data.cases import LabelledCase
from segmem.data.layouts import find_labelled
from segmem.doctor.fingerprint import fingerprint, montage, near_pairs
from segmem.doctor.leaks import DISTANCE
from segmem.medbank.table import Table


@dataclass(frozen=True, slots=True)
class Print:
    """What a case is known by.

    Attributes:
        where: the set and the case, as the manifest names it.
        owner: its patient; prints of one owner are not compared.
        bits: (256,) bool.
    """

    where: str
    owner: str
    bits: NDArray[np.bool_]


def known(table: Table, trained: Iterable[str]) -> list[str]:
    """What is known of the sets trained on, in words."""
    names = set(trained)
    return [
        f"{row.training} is trained on, so {' and '.join(row.external)} cannot test it: {row.why}."
        for row in table.overlaps
        if row.training in names
    ]


def print_of(case: LabelledCase, where: str, owner: str, frames: Sequence[Tensor]) -> Print | None:
    """The print of a case from its frames (C, H, W); of a scan, three slices of it. None where it is flat."""
    shown = montage(torch.stack(list(frames))) if case.kind == "volume" else frames[0]
    bits = fingerprint(shown)
    return None if bits is None else Print(where, owner, bits)


def external_prints(root: Path) -> list[Print]:
    """Of every case of an external set.

    Raises:
        InputError: it holds no labelled cases in a known layout, or one cannot be read.
    """
    found = []
    for case in find_labelled(root):
        frames = [frame for frame, _ in case.read()]
        one = print_of(case, f"{root.name}: {case.name}", f"{root.name}/{case.group}", frames)
        found += [] if one is None else [one]
    return found


def alike(prints: Sequence[Print]) -> list[str]:
    """Pairs of cases of different owners that look alike, in words, closest pair of each two owners."""
    if not prints:
        return []
    owners = sorted({one.owner for one in prints})
    owner = np.asarray([owners.index(one.owner) for one in prints], dtype=np.int64)
    pairs = near_pairs(np.stack([one.bits for one in prints]), owner, DISTANCE)
    return [
        f"{prints[first].where} looks like {prints[second].where} ({bits} of {len(prints[first].bits)} bits differ)"
        for first, second, bits in pairs
    ]
