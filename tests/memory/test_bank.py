import torch

from segmem.memory import Entry, MemoryBank, Query, Recall
from segmem.memory.bank import EMPTY


def entry(value: float, frame: int, streams: int = 2) -> Entry:
    one = torch.ones(streams)
    return Entry(
        tokens=torch.full((streams, 3, 4), value),
        key=torch.full((streams, 4), value),
        score=one * value,
        frame=torch.full((streams,), frame),
        pinned=torch.zeros(streams, dtype=torch.bool),
    )


def test_an_empty_bank_has_no_used_slot():
    bank = MemoryBank.empty(5, like=entry(1.0, 0))
    assert not bank.used.any()
    assert (bank.frame == EMPTY).all()


def test_a_written_slot_is_read_back_with_its_age():
    bank = MemoryBank.empty(3, like=entry(0.0, 0)).write(entry(7.0, 4), torch.tensor([1, 2]))
    recall = Recall(slot=torch.tensor([[1], [2]]), valid=torch.ones(2, 1, dtype=torch.bool))
    memory = bank.read(Query(torch.zeros(2, 4), torch.tensor([9, 9])), recall)
    assert (memory.tokens == 7).all()
    assert memory.age.tolist() == [[5], [5]]


def test_a_negative_slot_drops_the_entry():
    with torch.no_grad():
        bank = MemoryBank.empty(3, like=entry(0.0, 0)).write(entry(7.0, 4), torch.tensor([-1, 0]))
    assert bank.used.tolist() == [[False] * 3, [True, False, False]]


def test_writing_in_place_and_anew_agree():
    with torch.no_grad():
        in_place = MemoryBank.empty(3, like=entry(0.0, 0)).write(entry(7.0, 4), torch.tensor([2, -1]))
    anew = MemoryBank.empty(3, like=entry(0.0, 0)).write(entry(7.0, 4), torch.tensor([2, -1]))
    assert torch.equal(in_place.tokens, anew.tokens)
    assert torch.equal(in_place.frame, anew.frame)


def test_without_gradients_nothing_is_allocated_for_a_write():
    with torch.no_grad():
        bank = MemoryBank.empty(3, like=entry(0.0, 0))
        assert bank.write(entry(7.0, 4), torch.tensor([0, 0])).tokens.data_ptr() == bank.tokens.data_ptr()


def test_a_fork_is_left_alone():
    with torch.no_grad():
        bank = MemoryBank.empty(3, like=entry(0.0, 0))
        copy = bank.fork()
        bank.write(entry(7.0, 4), torch.tensor([0, 0]))
    assert not copy.used.any()


def test_gradients_pass_through_a_write():
    tokens = torch.ones(1, 3, 4, requires_grad=True)
    made = entry(1.0, 0, streams=1)
    made = Entry(tokens, made.key, made.score, made.frame, made.pinned)
    bank = MemoryBank.empty(2, like=made).write(made, torch.tensor([0]))
    bank.tokens.sum().backward()
    assert tokens.grad is not None
    assert (tokens.grad == 1).all()
