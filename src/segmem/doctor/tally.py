"""One labelled case read through once: sizes, label values, fingerprints."""

import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segmem.core import Kind
from segmem.data.cases import LabelledCase
from segmem.doctor.fingerprint import fingerprint, montage
from segmem.doctor.names import split_in

Print = tuple[int, NDArray[np.bool_]]
"""A frame's number, and its fingerprint (256,)."""


@dataclass(slots=True)
class Tally:
    """What is counted of a case.

    Attributes:
        split: train, validation or test where a folder says so.
        sizes: (H, W) of frames.
        channels: of frames.
        counts: pixels of each label value.
        spacing_mm: of a scan, (slice, row, column); None else.
    """

    name: str
    group: str
    kind: Kind
    split: str | None = None
    frames: int = 0
    labelled: int = 0
    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    channels: set[int] = field(default_factory=set)
    counts: Counter[int] = field(default_factory=Counter)
    prints: list[Print] = field(default_factory=list)
    spacing_mm: tuple[float, ...] | None = None

    def place(self, frame: int) -> str:
        """The case, in which split, and of a video the frame."""
        name = f"{self.split}/{self.name}" if self.split else self.name
        return f"{name} frame {frame}" if self.kind == "video" else name


def count(case: LabelledCase, root: Path) -> Tally:
    """Read a case through.

    Raises:
        SegmemError: what its reader raises.
    """
    mine = Tally(case.name, case.group, case.kind, _split(case, root))
    kept: list[Tensor] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the examination of its files says the same
        for index, (frame, label) in enumerate(case.read()):
            mine.frames += 1
            mine.sizes[frame.shape[-2], frame.shape[-1]] += 1
            mine.channels.add(frame.shape[0])
            if label is not None:
                mine.labelled += 1
                _add(mine.counts, label)
            if case.kind == "volume":
                kept.append(frame[:1])
            elif (bits := fingerprint(frame)) is not None and not _again(mine.prints, bits):
                mine.prints.append((index, bits))
    if kept and (bits := fingerprint(montage(torch.stack(kept)))) is not None:
        mine.prints.append((0, bits))
    return mine


def _add(counts: Counter[int], label: Tensor) -> None:
    numbers = torch.bincount(label.flatten().long(), minlength=256)
    for value in torch.nonzero(numbers).flatten().tolist():
        counts[value] += int(numbers[value])


def _again(prints: list[Print], bits: NDArray[np.bool_]) -> bool:
    """A video's frame that looks exactly as the one before adds nothing."""
    return bool(prints) and bool((prints[-1][1] == bits).all())


def _split(case: LabelledCase, root: Path) -> str | None:
    inside = [path.relative_to(root) for path in case.files if path.is_relative_to(root)]
    return next((split for path in inside if (split := split_in(path))), None)
