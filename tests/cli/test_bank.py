import json
import pickle

import pytest
import torch

from segmem.__main__ import main
from segmem.memory import MemoryBank
from segmem.memory.bank_file import CaseBank, Encoder, Record, read_bank, write_bank


@pytest.fixture
def file(tmp_path):
    """Four entries, of which the third holds a NaN."""
    made = MemoryBank(
        torch.ones(1, 4, 2, 3),
        torch.ones(1, 4, 5),
        torch.tensor([[0.9, 0.4, 0.8, 0.6]]),
        torch.zeros(1, 4, dtype=torch.int64),
        torch.zeros(1, 4, dtype=torch.bool),
    )
    made.tokens[0, 2] = float("nan")
    records = [Record(task=t, confidence=c) for t, c in [("ct", 0.9), ("ct", 0.4), ("mr", 0.8), ("mr", 0.6)]]
    path = tmp_path / "bank.safetensors"
    encoder = Encoder(name="nano", sha256="a" * 64, input_size=(64, 64))
    write_bank(path, CaseBank(made, tuple(records), encoder))
    return path


def test_inspect_lists_every_entry_and_marks_damaged_ones(file, capsys):
    assert main(["bank", "inspect", str(file)]) == 0
    out = capsys.readouterr().out
    assert "4 entries of nano" in out
    assert "damaged" in out.splitlines()[5]
    assert main(["bank", "inspect", str(file), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["damaged"] == [2]
    assert [entry["task"] for entry in told["entries"]] == ["ct", "ct", "mr", "mr"]


@pytest.mark.parametrize(
    ("options", "left"),
    [
        ([], [0.9, 0.4, 0.6]),
        (["--keep", "2"], [0.9, 0.6]),
        (["--task", "ct"], [0.6]),
        (["--below-confidence", "0.5"], [0.9, 0.6]),
    ],
)
def test_prune_writes_what_is_left_and_leaves_the_file(file, tmp_path, capsys, options, left):
    before, out = file.read_bytes(), tmp_path / "less.safetensors"
    assert main(["bank", "prune", str(file), "-o", str(out), *options]) == 0
    assert [record.confidence for record in read_bank(out).records] == left
    assert file.read_bytes() == before
    assert f"{len(left)} of 4 entries" in capsys.readouterr().out


def test_prune_tells_programs_what_it_did(file, tmp_path, capsys):
    assert main(["bank", "prune", str(file), "-o", str(tmp_path / "o.safetensors"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["entries"], told["taken_out"], told["damaged"]) == (3, 1, 1)


def test_a_pickle_is_refused_with_a_way_out(tmp_path, capsys):
    path = tmp_path / "memory_bank_list_640.pkl"
    path.write_bytes(pickle.dumps([]))
    assert main(["bank", "inspect", str(path)]) == 3
    err = capsys.readouterr().err
    assert "runs what it brings" in err
    assert "docs/bank.md" in err


def test_a_task_that_is_not_there_is_a_wrong_call(file, tmp_path):
    assert main(["bank", "prune", str(file), "-o", str(tmp_path / "o.safetensors"), "--task", "x"]) == 2
