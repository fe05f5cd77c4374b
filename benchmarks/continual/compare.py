"""Ways of learning one stream of tasks beside each other: final average, without some tasks too, and a page.

    python benchmarks/continual/compare.py RUN... --without fundus "EM (z 0-13, 16-19)" histology --page page.html

Each RUN is a folder that `segmem train --continual` filled. Runs of one strategy are its seeds: mean and least to most.
Runs that are not at their last task are named and left out.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from segmem.metrics.continual import continual
from segmem.report.continual import continual_page

MEASURES = ("final", "backward", "forgetting", "plasticity")


def read(run: Path) -> dict[str, Any] | None:
    """R (T, T) and what is said of it; None where it is not whole."""
    found = json.loads((run / "scores.json").read_text(encoding="utf-8"))
    tasks, rows = found["about"]["tasks"], found["rows"]
    learnt = [row for name, row in rows.items() if name != "start"]
    if found["about"]["strategy"] == "joint":
        learnt = learnt * len(tasks)
    if len(learnt) < len(tasks):
        print(f"{run}: {len(learnt)} of {len(tasks)} tasks are learnt")
        return None
    matrix = np.array(learnt)
    return {
        "strategy": found["about"]["strategy"],
        "tasks": tasks,
        "matrix": matrix,
        "start": np.array(rows["start"]),
    }


def line(name: str, runs: list[dict[str, Any]], kept: list[int]) -> str:
    """A row of the table, over seeds."""
    measured = [continual(run["matrix"][np.ix_(kept, kept)]) for run in runs]
    cells = []
    for measure in MEASURES:
        values = [getattr(one, measure) for one in measured]
        spread = f" ({min(values):.3f} to {max(values):.3f})" if len(values) > 1 else ""
        cells.append(f"{np.mean(values):.3f}{spread}")
    return f"| {name} | {len(runs)} | {' | '.join(cells)} |"


def table(by: dict[str, list[dict[str, Any]]], kept: list[int]) -> str:
    head = f"| strategy | seeds | {' | '.join(MEASURES)} |\n|{'---|' * (2 + len(MEASURES))}"
    return "\n".join([head, *(line(name, runs, kept) for name, runs in by.items())])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--without", nargs="*", default=[])
    parser.add_argument("--page", type=Path)
    options = parser.parse_args()
    by: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for found in map(read, options.runs):
        if found is not None:
            by[found["strategy"]].append(found)
    if not by:
        return
    one = next(iter(by.values()))[0]
    tasks = one["tasks"]
    print(f"before any: {np.mean(one['start']):.3f}; tasks: {', '.join(tasks)}\n")
    print(table(by, list(range(len(tasks)))))
    kept = [place for place, task in enumerate(tasks) if task not in options.without]
    if len(kept) < len(tasks):
        print(f"\nwithout {', '.join(options.without)}:\n\n{table(by, kept)}")
    if options.page is not None:
        means = [(name, np.mean([run["matrix"] for run in runs], axis=0)) for name, runs in by.items()]
        options.page.write_text(continual_page(means, tasks, "Dice", one["start"]), encoding="utf-8")


if __name__ == "__main__":
    main()
