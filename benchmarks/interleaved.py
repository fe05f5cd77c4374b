"""Several ways to do one thing, run in turns, so that what else the machine does meets all of them alike."""

import json
import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np

OURS = "segmem"
Readers = dict[str, Callable[[], object]]
COLUMNS = ("user", "cpu", "wall")


def _now() -> tuple[float, float, float]:
    """Seconds: of this process's own code, with what the kernel did for it, by the clock."""
    times = os.times()
    return times.user, times.user + times.system, time.perf_counter()


def compare(readers: Readers, amount: dict[str, float], repeat: int) -> dict[str, Any]:
    """Run all readers in turns, once to warm up; medians of the seconds, rates of `amount`, ratios to ours.

    A ratio is the median of those within each turn.
    """
    taken: dict[str, list[tuple[float, ...]]] = {name: [] for name in readers}
    for turn in range(repeat + 1):
        for name, read in readers.items():
            before = _now()
            read()
            if turn:
                taken[name].append(tuple(b - a for a, b in zip(before, _now(), strict=True)))
    ours = np.array(taken[OURS])
    found = {}
    for name, seconds in taken.items():
        mine = np.array(seconds)
        medians = np.median(mine, axis=0)
        ratios = np.median(mine / np.maximum(ours, 1e-3), axis=0)
        row = {f"{column}_s": round(float(one), 4) for column, one in zip(COLUMNS, medians, strict=True)}
        row |= {f"{unit}_per_cpu_s": round(float(many / medians[1]), 1) for unit, many in amount.items()}
        row |= {f"by_{column}": round(float(one), 2) for column, one in zip(COLUMNS, ratios, strict=True)}
        found[name] = row
        print(f"    {name:32} {json.dumps(row)}", flush=True)
    return found
