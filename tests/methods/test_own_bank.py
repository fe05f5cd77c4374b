import pytest

from nano import nano_samed2
from segmem.core.errors import WeightsError
from segmem.io.tensors import digest
from segmem.methods import own_bank as place
from segmem.methods.own_bank import bank_for, own_bank
from test_catalogue import a_card


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A model `m` on a shelf, with a bank."""
    (tmp_path / "banks").mkdir()
    bank = tmp_path / "banks" / "m.safetensors"
    bank.write_bytes(b"entries")
    (tmp_path / "m.json").write_text(a_card("m", bank_sha256=digest(bank)).model_dump_json())
    monkeypatch.setattr(place, "BANKS", tmp_path / "banks")
    monkeypatch.setattr("segmem.catalogue.card.__defaults__", (tmp_path,))
    return tmp_path


def test_a_shipped_model_s_bank_is_its_own(shelf):
    assert own_bank("m") == shelf / "banks" / "m.safetensors"
    assert own_bank("n") is None
    assert own_bank("../banks/m") is None


def test_a_shipped_bank_that_is_not_the_card_s_is_refused(shelf):
    (shelf / "banks" / "m.safetensors").write_bytes(b"others")
    with pytest.raises(WeightsError, match="The bank of m is not the file"):
        own_bank("m")


def test_a_run_s_bank_is_its_own(tmp_path):
    assert own_bank(tmp_path) is None
    (tmp_path / "bank.safetensors").touch()
    assert own_bank(tmp_path) == tmp_path / "bank.safetensors"


def test_what_is_given_goes_first_and_none_is_no_bank(tmp_path):
    (tmp_path / "bank.safetensors").touch()
    other = tmp_path / "other.safetensors"
    assert bank_for(tmp_path, other) == other
    assert bank_for(tmp_path, None) == tmp_path / "bank.safetensors"
    assert bank_for(tmp_path, "none") is None
    assert bank_for(nano_samed2(), None) is None
