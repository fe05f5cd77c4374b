import pytest

from segmem.continual.ewc import Ewc
from segmem.continual.lwf import Lwf
from segmem.continual.reading import Reading
from segmem.continual.rehearsal import Rehearsal, by_chance, by_sureness
from segmem.continual.strategies import make_strategy
from segmem.continual.strategy import Naive


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("naive", Naive),
        ("joint", Naive),
        ("replay", Rehearsal),
        ("bank", Rehearsal),
        ("memory", Reading),
        ("ewc", Ewc),
        ("lwf", Lwf),
    ],
)
def test_each_name_is_a_strategy(tmp_path, stream, name, kind):
    assert type(make_strategy(stream(strategy=name), tmp_path)) is kind


def test_replay_keeps_what_chance_says_and_a_bank_what_is_sure(tmp_path, stream):
    made = stream(strategy="replay", replay={"size": 5}, bank={"capacity": 7})
    found = make_strategy(made, tmp_path)
    assert (found.order, found.size) == (by_chance, 5)
    found = make_strategy(made.model_copy(update={"strategy": "bank"}), tmp_path)
    assert (found.order, found.size) == (by_sureness, 7)


def test_a_bank_may_be_read_and_rehearsed(tmp_path, stream):
    found = make_strategy(stream(strategy="bank", bank={"read": True}), tmp_path)
    assert type(found) is Reading
    assert found.beside.order is by_sureness
