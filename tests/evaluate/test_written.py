"""A run's results as files."""

import json
from pathlib import Path

from measured import result, scored
from segmem.evaluate.table import read_table
from segmem.evaluate.written import write_result


def test_a_table_and_a_summary(tmp_path: Path) -> None:
    cases = [
        scored(name, {"shaft": 0.5}, by_frame=[0.5, 0.6], confidence={0: 0.9, 1: 0.1}) for name in ("a", "b")
    ]
    write_result(tmp_path / "new", result("r", cases, ["c: no prediction."], ["a: a note"]), "DATA")
    told = json.loads((tmp_path / "new" / "summary.json").read_text())
    assert (told["run"], told["data"], told["classes"][1:]) == ("r", "DATA", ["shaft", "tip"])
    assert told["cases"][0] == {"case": "a", "group": "a", "kind": "video", "frames": 2}
    assert {"class": "shaft", "metric": "dice", "mean": 0.5}.items() <= told["metrics"][1].items()
    assert told["faults"] == ["c: no prediction."]
    assert told["notes"] == ["a: a note"]
    assert told["trust"]["frames"] == 4
    assert told["versions"]["segmem"]
    assert len(read_table(tmp_path / "new" / "metrics.csv")) == sum(len(case.rows) for case in cases)
