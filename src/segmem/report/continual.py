"""Learning task after task as a page: what was gained, kept and forgotten."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from segmem.core.errors import GeometryError
from segmem.metrics.continual import Continual, Scores, continual
from segmem.report import chart
from segmem.report.page import Cell, Drawing, Drawings, Section, Table, Text, html

NAMES = {
    "final": "what is left at the end: mean over tasks",
    "average": "mean over stages of the mean over tasks learnt by then",
    "backward": "backward transfer: at the end minus when learnt; below 0 is forgetting",
    "forward": "forward transfer: before a task is learnt minus before anything was",
    "forgetting": "the best a task ever had minus the end",
    "plasticity": "how well a task is learnt when it comes",
}


def continual_page(
    runs: Sequence[tuple[str, ArrayLike]],
    tasks: Sequence[str],
    metric: str,
    start: ArrayLike | None = None,
    title: str = "Learning task after task",
) -> str:
    """One HTML page about one or more ways of learning the same tasks in the same order.

    Args:
        runs: name and R (T, T) of each: row i after task i, column j measured on task j.
        tasks: T names in order.
        metric: what the scores are.
        start: (T,) scores before any learning, for forward transfer.
        title: of the page.

    Raises:
        GeometryError: an R has not a row and a column for each task.
        FormatError: a score on or below an R's diagonal is missing.
        MissingExtraError: Jinja or Matplotlib is not installed.
    """
    for name, matrix in runs:
        if np.shape(matrix) != (len(tasks), len(tasks)):
            raise GeometryError(f"{name}: R is {np.shape(matrix)} for {len(tasks)} tasks.")
    found = [(name, np.asarray(matrix, np.float64), continual(matrix, start)) for name, matrix in runs]
    sections = [
        Section("Summary", (_summary([(name, one) for name, _, one in found]),)),
        Section(
            "Curves", (Drawings(tuple(_curve(n, m, tasks, metric, _limits(found)) for n, m, _ in found)),)
        ),
        Section("R", (_about(), Drawings(tuple(_map(name, matrix, tasks) for name, matrix, _ in found)))),
        Section("Forgetting", (_forgetting([(name, one) for name, _, one in found], tasks),)),
    ]
    facts = [("ways", ", ".join(name for name, _ in runs)), ("tasks", ", ".join(tasks)), ("score", metric)]
    return html(title, facts, sections)


def _summary(found: Sequence[tuple[str, Continual]]) -> Table:
    rows = tuple(
        (Cell(what), *(Cell.of(getattr(one, name), "+.3f" if "ward" in name else ".3f") for _, one in found))
        for name, what in NAMES.items()
    )
    return Table(("measure", *(name for name, _ in found)), rows)


def _about() -> Text:
    return Text(
        "A row for each stage of learning, a column for each task. On the diagonal a task was just learnt."
    )


def _map(name: str, matrix: ArrayLike, tasks: Sequence[str]) -> Drawing:
    svg = chart.heat_map(matrix, tasks, tasks, "measured on", "after learning")
    return Drawing(svg, f"{name}: R, darker is better.", wide=len(tasks) > 5)


def _limits(found: Sequence[tuple[str, Scores, Continual]]) -> tuple[float, float]:
    """The same for every way, so that their curves can be compared."""
    learnt = np.concatenate([matrix[np.tri(len(matrix), dtype=bool)] for _, matrix, _ in found])
    room = 0.05 * max(float(np.ptp(learnt)), 0.1)
    return float(learnt.min()) - room, float(learnt.max()) + room


def _curve(
    name: str, matrix: Scores, tasks: Sequence[str], metric: str, limits: tuple[float, float]
) -> Drawing:
    stages = np.arange(1, len(tasks) + 1)
    lines = {task: (stages[place:], matrix[place:, place]) for place, task in enumerate(tasks)}
    svg = chart.curves(dict(lines), "tasks learnt", metric, limits)
    return Drawing(svg, f"{name}: each task from when it was learnt.")


def _forgetting(found: Sequence[tuple[str, Continual]], tasks: Sequence[str]) -> Table:
    rows = tuple(
        (Cell(task), *(Cell.of(float(one.by_task[place])) for _, one in found))
        for place, task in enumerate(tasks[:-1])
    )
    return Table(("task", *(name for name, _ in found)), rows)
