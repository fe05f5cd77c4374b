import json

import pytest
import yaml

from segmem.continual import continued as module
from segmem.continual.continued import Change, continue_from, told
from segmem.core.errors import InputError, UsageError
from segmem.train.loop import train
from segmem.train.presets import check
from tiny_stream import PRESET


@pytest.fixture
def old(tmp_path, data, small, monkeypatch):
    """A finished run on `first`."""
    monkeypatch.setattr("segmem.methods.load.build", lambda spec, _=None: small(spec))

    def run(**source):
        sources = [{"path": "first", "prompts": {"box": 1, "given": 0}, **source}]
        settings = check({**PRESET, "data": {**PRESET["data"], "sources": sources}})
        train(settings, data, tmp_path / "old", cache=tmp_path / "cache", quiet=True)
        return tmp_path / "old"

    return run


NEW = ["data.sources=[{path: second, held_out: 0.25}]", "stages.0.steps=4"]


def test_a_table_says_what_each_old_task_had_and_has_and_warns_above_the_threshold():
    changes = [Change("a", 0.9, 0.8), Change("longer", 0.5, 0.6)]
    assert told(changes, 0.02).splitlines() == [
        "WARNING: a lost more than 0.02 Dice by learning from the new data. Learn old and new cases together, or as a"
        " stream with strategy bank or replay (segmem train --continual).",
        "old task  before   after  change",
        "a          0.900   0.800  -0.100",
        "longer     0.500   0.600  +0.100",
    ]
    assert "WARNING" not in told(changes, 0.2)


def test_old_tasks_are_measured_before_and_after(tmp_path, data, old, capsys):
    folder = old(held_out=0.25)
    run = tmp_path / "new"
    (change,) = continue_from(folder, data, run, changes=NEW, cache=tmp_path / "cache", threshold=-1.0)
    assert change.task == "first"
    assert json.loads((run / module.RESULT).read_text())["tasks"] == {"first": [change.before, change.after]}
    assert "WARNING: first lost more than -1 Dice" in capsys.readouterr().err
    settings = yaml.safe_load((run / "settings.yaml").read_text())
    assert settings["begin_from"] == str(folder)


def test_an_old_run_that_was_never_measured_cannot_be_judged(tmp_path, data, old):
    with pytest.raises(InputError, match="held out no case"):
        continue_from(old(), data, tmp_path / "new", changes=NEW, cache=tmp_path / "cache")


def test_nothing_new_and_no_run_are_refused(tmp_path, data, old):
    with pytest.raises(UsageError, match="Say what is new"):
        continue_from(old(held_out=0.25), data, tmp_path / "new")
    with pytest.raises(UsageError, match="no finished run"):
        continue_from(tmp_path / "nowhere", data, tmp_path / "new", changes=NEW)
