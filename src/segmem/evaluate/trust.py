"""Whether a run's confidence can be trusted: calibration, risk against coverage, and what to look at first."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from statistics import fmean
from typing import Any

from segmem.evaluate.confidence import pooled
from segmem.evaluate.scores import CaseScores
from segmem.metrics.calibration import Reliability
from segmem.metrics.selective import RiskCoverage, caught, risk_coverage, to_review


@dataclass(frozen=True, slots=True)
class Look:
    """One frame or slice that a person should look at.

    Attributes:
        case: its name.
        frame: its number.
        confidence: what the model said of it, 0 to 1.
        dice: what it was worth, mean over classes; NaN where nobody drew it, or nothing was there or claimed.
    """

    case: str
    frame: int
    confidence: float
    dice: float


@dataclass(frozen=True, slots=True)
class Trust:
    """Of one run.

    Attributes:
        pixels: counts over all cases; None where no maps of confidence were written.
        curve: of frames, risk being 1 - Dice.
        review: frames to look at first, the least sure before the others.
        caught: share of the worst 5 % of frames that the review finds; NaN where there are no scores.
        frames: that tell their confidence.
        lost: of them, in which a video's stream was lost.
    """

    pixels: Reliability | None
    curve: RiskCoverage
    review: tuple[Look, ...]
    caught: float
    frames: int
    lost: int

    def told(self) -> dict[str, Any]:
        """As numbers by name, and the frames to review; what was not measured is None."""
        found: dict[str, float | None] = {
            "frames": self.frames,
            "lost_frames": self.lost,
            "ece": None if self.pixels is None else self.pixels.ece,
            "overconfidence": None if self.pixels is None else self.pixels.overconfidence,
            "aurc": self.curve.area,
            "aurc_best_possible": self.curve.best,
            "aurc_by_chance": self.curve.chance,
            "caught_of_worst_5_percent": self.caught,
        }
        review = [
            {"case": one.case, "frame": one.frame, "confidence": one.confidence, "dice": _known(one.dice)}
            for one in self.review
        ]
        return {name: _known(value) for name, value in found.items()} | {"review": review}


def trust(scored: Sequence[CaseScores]) -> Trust | None:
    """Over the frames and slices of all cases; None where no case tells its confidence."""
    looks = [
        Look(one.case, frame, sure, dice.get(frame, float("nan")))
        for one in scored
        for dice in [frame_dice(one)]
        for frame, sure in one.confidence.items()
    ]
    if not looks:
        return None
    sure, dice = [one.confidence for one in looks], [one.dice for one in looks]
    cases, frames = [one.case for one in looks], [one.frame for one in looks]
    chosen = to_review(sure, cases, frames)
    return Trust(
        pixels=pooled(one.pixels for one in scored),
        curve=risk_coverage(sure, dice),
        review=tuple(looks[place] for place in chosen),
        caught=caught(chosen, dice, cases, frames),
        frames=len(looks),
        lost=sum(sum(one.lost.values()) for one in scored),
    )


def frame_dice(one: CaseScores) -> dict[int, float]:
    """Mean over classes of each labelled frame or slice in which something is, or is claimed."""
    found: dict[int, list[float]] = defaultdict(list)
    for row in one.rows:
        if row.metric == "dice" and row.frame is not None:
            found[row.frame].append(row.value)
    return {frame: fmean(values) for frame, values in found.items()}


def _known(value: float | None) -> float | None:
    """JSON has no NaN."""
    return None if value is None or isnan(value) else value
