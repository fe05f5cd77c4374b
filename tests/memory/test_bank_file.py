import pickle
import signal
from dataclasses import fields, replace

import pytest
import torch
from torch.nn import functional as F

from segmem.core.errors import FormatError, OutputError, WeightsError
from segmem.io.tensors import write_tensors
from segmem.memory import MemoryBank
from segmem.memory.bank_file import CaseBank, Encoder, Record, read_bank, require_made_by, write_bank

ENCODER = Encoder(name="nano", sha256="a" * 64, input_size=(64, 64))


def bank(count: int = 3) -> CaseBank:
    random = torch.Generator().manual_seed(0)
    made = MemoryBank(
        torch.randn(1, count, 4, 8, generator=random).bfloat16(),
        F.normalize(torch.randn(1, count, 6, generator=random), dim=2),
        torch.linspace(0.5, 0.9, count)[None],
        torch.arange(count)[None],
        torch.zeros(1, count, dtype=torch.bool),
    )
    records = tuple(
        Record(task=f"t{i % 2}", modality="CT", class_name="liver", case=f"{i:016x}", confidence=0.5 + i / 10)
        for i in range(count)
    )
    return CaseBank(made if count else None, records, ENCODER)


def test_a_bank_comes_back_from_its_file(tmp_path):
    path, made = tmp_path / "b.safetensors", bank()
    write_bank(path, made)
    back = read_bank(path)
    assert (back.records, back.encoder) == (made.records, made.encoder)
    assert all(
        torch.equal(getattr(back.bank, f.name), getattr(made.bank, f.name)) for f in fields(MemoryBank)
    )


def test_an_empty_bank_is_one_too(tmp_path):
    path = tmp_path / "b.safetensors"
    write_bank(path, bank(0))
    back = read_bank(path)
    assert (back.bank, back.records, back.damaged()) == (None, (), [])


@pytest.mark.parametrize("name", ["b.pkl", "b.PKL", "b.pt"])
def test_a_pickle_is_refused_unread_with_the_reason(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(pickle.dumps([1]))
    with pytest.raises(FormatError, match=r"runs what it brings. docs/bank.md"):
        read_bank(path)


def test_a_model_s_weights_are_no_bank(tmp_path):
    path = tmp_path / "b.safetensors"
    write_tensors(path, {"a": torch.zeros(2)}, {"spec": {}})
    with pytest.raises(FormatError, match="Give it with -m"):
        read_bank(path)


def test_a_file_cut_short_is_refused(tmp_path):
    path = tmp_path / "b.safetensors"
    write_bank(path, bank())
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(FormatError, match="not a whole safetensors file"):
        read_bank(path)


def test_entries_that_are_not_there_are_missed(tmp_path):
    path, made = tmp_path / "b.safetensors", bank()
    write_bank(path, replace(made, records=made.records[:2]))
    with pytest.raises(FormatError, match="names 2 entries"):
        read_bank(path)


def test_a_header_that_describes_none_is_named(tmp_path):
    path = tmp_path / "b.safetensors"
    write_tensors(path, {"a": torch.zeros(2)}, {"bank": 1, "entries": [], "encoder": {"name": "x"}})
    with pytest.raises(FormatError, match="sha256"):
        read_bank(path)


@pytest.mark.parametrize("part", ["tokens", "key", "score"])
def test_an_entry_with_nan_is_named_and_can_be_taken_out(tmp_path, part):
    path, made = tmp_path / "b.safetensors", bank()
    getattr(made.bank, part)[0, 1] = float("nan")
    write_bank(path, made)
    with pytest.raises(FormatError, match=r"1 of 3 entries .*entry 1.*segmem bank prune"):
        read_bank(path)
    assert read_bank(path, even_damaged=True).damaged() == [1]


def test_another_encoder_s_bank_is_refused(tmp_path):
    other = ENCODER.model_copy(update={"name": "other", "sha256": "b" * 64})
    with pytest.raises(
        WeightsError, match=r"made by nano \(aaaaaaaa\), and the model here is other \(bbbbbbbb\)"
    ):
        require_made_by(bank(), other, tmp_path)


def test_another_input_size_is_refused(tmp_path):
    larger = ENCODER.model_copy(update={"input_size": (128, 128)})
    with pytest.raises(WeightsError, match="64 x 64, and the model works at 128 x 128"):
        require_made_by(bank(), larger, tmp_path)
    require_made_by(bank(), ENCODER, tmp_path)


def test_a_full_disk_is_named_and_the_earlier_bank_stays(tmp_path):
    resource = pytest.importorskip("resource")
    path = tmp_path / "b.safetensors"
    write_bank(path, bank())
    before, limit = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limit[1]))  # a file cannot grow: as on a full disk
    try:
        with pytest.raises(OutputError, match="cannot be written"):
            write_bank(path, bank(50))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["b.safetensors"]


def test_the_header_names_no_file_and_nobody(tmp_path):
    path = tmp_path / "b.safetensors"
    write_bank(path, bank(1))
    head = path.read_bytes()[8:2000].split(b"__metadata__")[1]
    assert b"liver" in head
    assert str(tmp_path).encode() not in head
