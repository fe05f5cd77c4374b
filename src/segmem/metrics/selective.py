"""Whether doubt is where the errors are: risk against coverage, and the frames to look at first."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segmem.core.errors import GeometryError

LOOKED = 20
WORST = 0.05
APART = 5


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """Mean risk of the frames that are kept when the least sure are set aside.

    Attributes:
        coverage: (N,) share of frames kept, from 1 / N to 1.
        risk: (N,) mean of 1 - score of those.
        area: under the curve (AURC): mean of `risk`; lower is better.
        best: the area if confidence ranked the frames as their scores do.
        chance: the area if it said nothing: the risk of all frames.
    """

    coverage: NDArray[np.float64]
    risk: NDArray[np.float64]
    area: float
    best: float
    chance: float


def risk_coverage(confidence: ArrayLike, scores: ArrayLike) -> RiskCoverage:
    """Keep the surest first. Frames of equal confidence share their risk, in whatever order they came.

    Geifman and El-Yaniv, "Selective classification for deep neural networks", 2017; the area is Geifman et al.'s,
    "Bias-reduced uncertainty estimation for deep neural classifiers", 2019.

    Args:
        confidence: (N,) of each frame, higher is surer.
        scores: (N,) of each frame, 0 to 1, higher is better. NaN (nothing there, nothing claimed) is left out.

    Raises:
        GeometryError: the lengths differ.
    """
    sure, score = _pairs(confidence, scores)
    if not sure.size:
        return RiskCoverage(sure, score, *[float("nan")] * 3)
    risk, least = _kept(sure, 1 - score), _kept(score, 1 - score)
    coverage = np.arange(1, len(risk) + 1) / len(risk)
    return RiskCoverage(coverage, risk, float(risk.mean()), float(least.mean()), float(risk[-1]))


def to_review(
    confidence: ArrayLike, cases: Sequence[str], frames: Sequence[int], look: int = LOOKED, apart: int = APART
) -> list[int]:
    """Places of the frames that a person should look at first, the least sure before the others.

    A frame within `apart` frames of one already chosen from its case shows the same event, and is passed over while
    there are others.

    Args:
        confidence: (N,) of each frame; NaN is no doubt and comes last.
        cases: (N,) whose frame it is.
        frames: (N,) its number.
        look: how many to choose at most.
        apart: frames.
    """
    order = np.argsort(np.asarray(confidence, np.float64), kind="stable").tolist()
    chosen: list[int] = []
    near: list[int] = []
    for place in order:
        if len(chosen) == look:
            break
        same = any(_near(cases, frames, place, other, apart) for other in chosen)
        (near if same else chosen).append(place)
    return [*chosen, *near][:look]


def caught(
    chosen: Sequence[int],
    scores: ArrayLike,
    cases: Sequence[str],
    frames: Sequence[int],
    worst: float = WORST,
    apart: int = APART,
) -> float:
    """Share of the worst frames, 0 to 1, that lie within `apart` frames of a chosen one of their case.

    The worst are the share `worst` of lowest score, at least one; frames as bad as the best of them are counted too.
    NaN scores are no frames; without any, NaN.
    """
    score = np.asarray(scores, np.float64)
    known = np.flatnonzero(~np.isnan(score))
    if not known.size:
        return float("nan")
    limit = np.sort(score[known])[max(1, round(worst * known.size)) - 1]
    bad = known[score[known] <= limit].tolist()
    return sum(any(_near(cases, frames, b, c, apart) for c in chosen) for b in bad) / len(bad)


def _near(cases: Sequence[str], frames: Sequence[int], one: int, other: int, apart: int) -> bool:
    return cases[one] == cases[other] and abs(frames[one] - frames[other]) <= apart


def _kept(sure: NDArray[np.float64], risk: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N,) mean risk of the surest 1, 2, ... N; within a tie each has the tie's mean risk."""
    _, tie = np.unique(-sure, return_inverse=True)
    shared = np.bincount(tie, risk) / np.bincount(tie)
    return np.cumsum(shared[np.sort(tie)]) / np.arange(1, len(risk) + 1)


def _pairs(confidence: ArrayLike, scores: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    sure, score = np.asarray(confidence, np.float64), np.asarray(scores, np.float64)
    if sure.shape != score.shape or sure.ndim != 1:
        raise GeometryError(
            f"Risk and coverage: {sure.shape} confidences for {score.shape} scores. Give one for each frame."
        )
    kept = ~np.isnan(score) & ~np.isnan(sure)
    return sure[kept], score[kept]
