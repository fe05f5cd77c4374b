"""A run's results as files: the long table and the summary."""

from pathlib import Path

from segmem import manifest
from segmem.evaluate.result import Result
from segmem.evaluate.summary import NAME as SUMMARY
from segmem.evaluate.table import NAME as TABLE
from segmem.evaluate.table import write_table
from segmem.io.outputs import write_json_atomic


def write_result(folder: Path, result: Result, data: str) -> None:
    """`metrics.csv` and `summary.json`, each in one move.

    Args:
        folder: made if need be.
        result: of one run.
        data: what the data's folder is called.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_table((row for one in result.scored for row in one.rows), folder / TABLE)
    cases = [
        {"case": one.case, "group": one.group, "kind": one.kind, "frames": one.frames}
        for one in result.scored
    ]
    told = {
        "run": result.name,
        "data": data,
        "classes": list(result.classes),
        "cases": cases,
        "metrics": [entry.model_dump(mode="json", by_alias=True) for entry in result.entries],
        "trust": None if result.trust is None else result.trust.told(),
        "faults": list(result.faults),
        "notes": list(result.notes),
        "versions": manifest.versions(),
    }
    write_json_atomic(folder / SUMMARY, told)
