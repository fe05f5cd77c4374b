"""What a model that learns task after task gains and forgets, from its matrix R.

R[i, j] is the score on task j after learning tasks 0 to i, higher being better. Rows are stages of learning, columns
tasks; above the diagonal are tasks not learnt yet, which may be unmeasured (NaN).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segmem.core.errors import FormatError, GeometryError

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Continual:
    """Of T tasks. NaN where one task is all there is, or what is needed was not measured.

    Attributes:
        final: mean over tasks of R[T-1, j], what is left at the end.
        average: mean over stages of the mean over tasks learnt by then, R[i, j] for j <= i.
        backward: BWT, mean of R[T-1, j] - R[j, j] over all but the last task: below 0 is forgetting, above 0 an old
            task that gained. Lopez-Paz and Ranzato, "Gradient episodic memory", 2017, equation 3.
        forward: FWT, mean of R[j-1, j] - start[j] over all but the first task: what earlier tasks gave to one not yet
            learnt. The same, equation 4.
        forgetting: mean over all but the last task of `by_task`. Chaudhry et al., "Riemannian walk", 2018, section 3.2.
        plasticity: mean of R[j, j]: how well each task is learnt when it comes.
        by_task: (T-1,) the best that a task ever had before the end, minus what it has at the end.
    """

    final: float
    average: float
    backward: float
    forward: float
    forgetting: float
    plasticity: float
    by_task: Scores


def continual(matrix: ArrayLike, start: ArrayLike | None = None) -> Continual:
    """All measures of one order of tasks.

    Args:
        matrix: (T, T), R.
        start: (T,) score on each task before any was learnt; without it there is no forward transfer.

    Raises:
        GeometryError: the matrix is not square, or `start` is not as long.
        FormatError: a score on or below the diagonal is missing.
    """
    scores = np.asarray(matrix, np.float64)
    tasks = len(scores)
    if scores.ndim != 2 or scores.shape != (tasks, tasks) or not tasks:
        raise GeometryError(
            f"Continual learning: R is {scores.shape}. Give a row and a column for each task."
        )
    lacking = np.argwhere(np.isnan(scores) & np.tri(tasks, dtype=bool))
    if len(lacking):
        stage, task = lacking[0].tolist()
        raise FormatError(
            f"Continual learning: no score on task {task} after stage {stage}, both counted from 0. Every task learnt"
            " so far must be measured after each stage."
        )
    learnt = scores.diagonal()
    by_task = (
        scores[:-1, :-1].max(axis=0, initial=-np.inf, where=np.tri(tasks - 1, dtype=bool)) - scores[-1, :-1]
    )
    return Continual(
        final=float(scores[-1].mean()),
        average=float(np.mean([scores[i, : i + 1].mean() for i in range(tasks)])),
        backward=_mean(scores[-1, :-1] - learnt[:-1]),
        forward=_forward(scores, start),
        forgetting=_mean(by_task),
        plasticity=float(learnt.mean()),
        by_task=by_task,
    )


def _forward(scores: Scores, start: ArrayLike | None) -> float:
    if start is None:
        return float("nan")
    before = np.asarray(start, np.float64)
    if before.shape != scores.shape[:1]:
        raise GeometryError(
            f"Continual learning: {before.shape} scores before learning for {len(scores)} tasks. Give one for each."
        )
    return _mean(scores.diagonal(1) - before[1:])


def _mean(values: Scores) -> float:
    return float(values.mean()) if values.size else float("nan")
