"""Results of an evaluation made in memory."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from segmem.data.cases import LabelledCase
from segmem.evaluate.pairs import Pair
from segmem.evaluate.result import Result
from segmem.evaluate.scores import CaseScores
from segmem.evaluate.summary import summary
from segmem.evaluate.table import Row
from segmem.evaluate.trust import trust

CLASSES = ("background", "shaft", "tip")


def scored(
    name: str,
    dice: Mapping[str, float],
    group: str | None = None,
    by_frame: Sequence[float] = (),
    confidence: Mapping[int, float] | None = None,
    kind: str = "video",
) -> CaseScores:
    """A case with these numbers of each class, and Dice of `shaft` in each frame."""
    rows = [Row(name, None, one, "dice", value) for one, value in dice.items()]
    rows += [Row(name, t, "shaft", "dice", value) for t, value in enumerate(by_frame)]
    rows += [Row(name, t, "shaft", "area_px", 10.0) for t in range(len(by_frame))]
    return CaseScores(
        name,
        group or name,
        kind,
        len(by_frame),
        tuple(rows),
        confidence=confidence or {},  # type: ignore[arg-type]
    )


def result(
    name: str, cases: Sequence[CaseScores], faults: Sequence[str] = (), notes: Sequence[str] = ()
) -> Result:
    """Of those cases, whose files are nowhere."""
    pairs = {
        one.case: Pair(LabelledCase(one.case, one.group, one.kind, lambda: iter(())), Path(one.case))
        for one in cases
    }
    return Result(
        name, CLASSES, pairs, tuple(cases), tuple(summary(cases)), trust(cases), tuple(faults), tuple(notes)
    )


def grey(level: int = 100) -> torch.Tensor:
    """A picture (3, 20, 30)."""
    return torch.full((3, 20, 30), level, dtype=torch.uint8)
