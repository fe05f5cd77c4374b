"""Values over the frames of each video and the slices of each scan, as drawings."""

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from segmem.evaluate.overlaps import AREA, TRUE_AREA
from segmem.evaluate.result import Result
from segmem.evaluate.scores import CaseScores
from segmem.evaluate.trust import frame_dice
from segmem.report import chart
from segmem.report.page import Drawing, Drawings, Section, Text

MOST_CASES = 20
MOST_POINTS = 1200
Line = tuple[NDArray[np.float64], NDArray[np.float64]]


def over_time(result: Result, mark: str) -> Section:
    """Dice and area of each class, and confidence, of every video and scan; of many, the worst."""
    cases = [one for one in result.scored if one.kind != "image"]
    worst = sorted(cases, key=_mean)[:MOST_CASES]
    kept = [one for one in cases if one in worst]
    title = f"Over time{mark}"
    if not kept:
        return Section(title, ())
    drawn = tuple(drawing for one in kept for drawing in _of(one))
    left = len(cases) - len(kept)
    note = (Text(f"The {MOST_CASES} worst of {len(cases)} cases; metrics.csv holds all."),) if left else ()
    return Section(title, (*note, Drawings(drawn)))


def _of(one: CaseScores) -> list[Drawing]:
    lines: dict[str, dict[str, list[tuple[int, float]]]] = defaultdict(lambda: defaultdict(list))
    for row in one.rows:
        if row.frame is not None:
            lines[row.metric][row.class_].append((row.frame, row.value))
    axis = "slices" if one.kind == "volume" else "frames"
    lost = _spans(one.lost)
    shaded = " Shaded: lost." if lost else ""
    out = [
        Drawing(
            chart.timeline(_thinned(lines["dice"], worst=True), "Dice", (-0.02, 1.02), lost),
            f"{one.case}: Dice over {axis}.{shaded}",
            wide=True,
        ),
        Drawing(
            chart.timeline(
                _thinned(lines[AREA]), "pixels", None, lost, _thinned(lines[TRUE_AREA], " (truth)")
            ),
            f"{one.case}: area over {axis}; dashed is the truth.",
            wide=True,
        ),
    ]
    if one.confidence:
        sure = {"confidence": list(one.confidence.items())}
        out.append(
            Drawing(
                chart.timeline(_thinned(sure, worst=True), "confidence", (-0.02, 1.02), lost),
                f"{one.case}: confidence over {axis}.{shaded}",
                wide=True,
            )
        )
    return out


def _thinned(
    named: dict[str, list[tuple[int, float]]], ending: str = "", worst: bool = False
) -> dict[str, Line]:
    """At most so many points of each line: of neighbours the lowest where that is the worst, else the first."""
    out: dict[str, Line] = {}
    for name, points in named.items():
        x, y = np.array(points, np.float64).T
        if len(x) > MOST_POINTS:
            starts = np.linspace(0, len(x), MOST_POINTS, endpoint=False).astype(np.intp)
            y = np.minimum.reduceat(y, starts) if worst else y[starts]
            x = x[starts]
        out[f"{name}{ending}"] = (x, y)
    return out


def _spans(lost: dict[int, bool]) -> list[tuple[float, float]]:
    """First and last frame of each stretch."""
    spans: list[tuple[float, float]] = []
    for frame, is_lost in lost.items():
        if is_lost and spans and spans[-1][1] == frame - 1:
            spans[-1] = (spans[-1][0], frame)
        elif is_lost:
            spans.append((frame, frame))
    return spans


def _mean(one: CaseScores) -> float:
    values = frame_dice(one).values()
    return sum(values) / len(values) if values else float("inf")
