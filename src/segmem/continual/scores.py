"""What a stream scored so far: the matrix R as it grows, each case, and the page."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmem.core.errors import FormatError, MissingExtraError, UsageError
from segmem.io.outputs import write_json_atomic, write_text_atomic
from segmem.metrics.continual import continual
from segmem.train.log import say

SCORES, CASES, PAGE = "scores.json", "cases.csv", "continual.html"
METRIC = "Dice"
START = "start"
HEAD = ("after", "task", "case", "object", "dice")
Found = Mapping[str, Mapping[str, Mapping[int, float]]]
"""Dice by task, case and object."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Rows of R that are there already, in a run's folder.

    Attributes:
        folder: of the run.
        about: what is learnt and how: strategy, seed, tasks, and what else tells this stream from another.
        at_once: all tasks are one stage, so that R has one measurement.
    """

    folder: Path
    about: Mapping[str, Any]
    at_once: bool = False

    @property
    def tasks(self) -> tuple[str, ...]:
        return tuple(self.about["tasks"])

    def done(self) -> dict[str, list[float]]:
        """Rows by the name of what they come after: `start`, then the tasks.

        Raises:
            UsageError: the folder holds another stream's scores.
            FormatError: the file is damaged.
        """
        path = self.folder / SCORES
        if not path.is_file():
            return {}
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            about, rows = found["about"], dict(found["rows"])
        except (ValueError, KeyError, TypeError):
            raise FormatError(f"{path}: damaged. Train the stream anew, into another folder.") from None
        if about != json.loads(json.dumps(self.about)):
            odd = next(key for key in {**about, **self.about} if about.get(key) != self.about.get(key))
            raise UsageError(
                f"{self.folder} was begun with another {odd}. Go on with what it was begun with, or name another"
                " folder."
            )
        return rows

    def add(self, after: str, found: Found) -> None:
        """A row, in place of one of the same name; the page is drawn anew.

        Args:
            after: what was just learnt, or `start`.
            found: Dice of every task's held-out cases.
        """
        rows = {**self.done(), after: [mean_of(found[task]) for task in self.tasks]}
        self._write_cases(after, found)
        matrix = self.matrix(rows)
        write_json_atomic(
            self.folder / SCORES,
            {
                "about": dict(self.about),
                "metric": METRIC,
                "rows": rows,
                "measures": _measures(matrix, rows.get(START)),
            },
        )
        self._draw(matrix, rows.get(START))
        told = ", ".join(f"{t} {v:.3f}" for t, v in zip(self.tasks, rows[after], strict=True))
        say(f"after {after}: {told}")

    def matrix(self, rows: Mapping[str, Sequence[float]]) -> NDArray[np.float64]:
        """R as far as it is measured: (t, t) after t tasks. Of all tasks at once every row is the one measurement."""
        learnt = [row for name, row in rows.items() if name != START]
        if self.at_once:
            learnt = learnt * len(self.tasks)
        found = np.array(learnt, dtype=np.float64).reshape(len(learnt), len(self.tasks))
        return found[:, : len(learnt)]

    def _write_cases(self, after: str, found: Found) -> None:
        path = self.folder / CASES
        lines = path.read_text(encoding="utf-8").splitlines()[1:] if path.is_file() else []
        kept = [row for row in csv.reader(lines) if row and row[0] != after]
        new = [
            (after, task, case, str(one), f"{dice:.5f}")
            for task, cases in found.items()
            for case, objects in cases.items()
            for one, dice in objects.items()
        ]
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([HEAD, *kept, *new])
        write_text_atomic(path, text.getvalue())

    def _draw(self, matrix: NDArray[np.float64], start: Sequence[float] | None) -> None:
        from segmem.report.continual import continual_page

        count = len(matrix)
        if not count:
            return
        title = f"Learning task after task: {self.about['strategy']}, seed {self.about['seed']}"
        before = None if start is None else start[:count]
        try:
            page = continual_page(
                [(str(self.about["strategy"]), matrix)], self.tasks[:count], METRIC, before, title
            )
        except MissingExtraError as lacking:
            say(f"{PAGE} is left out: {lacking}")
            return
        write_text_atomic(self.folder / PAGE, page)


def mean_of(cases: Mapping[str, Mapping[int, float]]) -> float:
    """Mean over objects of all cases."""
    return float(np.mean([dice for objects in cases.values() for dice in objects.values()]))


def _measures(matrix: NDArray[np.float64], start: Sequence[float] | None) -> dict[str, float | None]:
    """Of the tasks learnt so far; None where there is too little for a measure."""
    if not len(matrix):
        return {}
    found = continual(matrix, None if start is None else start[: len(matrix)])
    named = ("final", "average", "backward", "forward", "forgetting", "plasticity")
    values = {name: float(getattr(found, name)) for name in named}
    return {name: None if np.isnan(value) else value for name, value in values.items()}
