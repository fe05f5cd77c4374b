from dataclasses import fields, replace

import pytest
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
    there = torch.ones(2, 1, dtype=torch.bool)
    recall = Recall(slot=torch.tensor([[1], [2]]), valid=there, rank=torch.tensor([[3], [6]]))
    memory = bank.read(Query(torch.zeros(2, 4), torch.tensor([9, 9])), recall)
    assert (memory.tokens == 7).all()
    assert memory.age.tolist() == [[5], [5]]
    assert memory.rank.tolist() == [[3], [6]]
    assert torch.equal(memory.valid, there)


def test_a_negative_slot_drops_the_entry():
    with torch.no_grad():
        bank = MemoryBank.empty(3, like=entry(0.0, 0)).write(entry(7.0, 4), torch.tensor([-1, 0]))
    assert bank.used.tolist() == [[False] * 3, [True, False, False]]


@pytest.mark.parametrize("part", ["tokens", "key", "score"])
@pytest.mark.parametrize("learning", [False, True])
def test_an_entry_that_is_no_number_is_dropped_and_its_neighbours_are_not(part, learning):
    new = entry(7.0, 4)
    getattr(new, part).view(2, -1)[1, -1] = torch.nan
    with torch.set_grad_enabled(learning):
        bank = MemoryBank.empty(3, like=entry(0.0, 0)).write(new, torch.tensor([0, 0]))
    assert bank.used.tolist() == [[True, False, False], [False] * 3]
    assert all(getattr(bank, f.name).isfinite().all() for f in fields(bank))


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


def test_a_compact_recall_has_no_column_that_nobody_reads():
    valid = torch.tensor([[True, False, False], [False, False, True]])
    recall = Recall(torch.tensor([[4, 5, 6], [7, 8, 9]]), valid, torch.tensor([[0, 1, 2], [3, 4, 5]]))
    compact = recall.compact()
    assert compact.slot.tolist() == [[4, 6], [7, 9]]
    assert compact.valid.tolist() == [[True, False], [False, True]]
    assert compact.rank.tolist() == [[0, 2], [3, 5]]
    assert compact.compact() is compact


def numbered(rows: int) -> MemoryBank:
    """A bank of two slots, the second written at frame 10 in row 0, 11 in row 1 and so on."""
    with torch.no_grad():
        bank = MemoryBank.empty(2, like=entry(0.0, 0, streams=rows))
        made = entry(1.0, 0, streams=rows)
        number = torch.arange(rows)
        made = replace(made, frame=10 + number, tokens=made.tokens * number[:, None, None], pinned=number > 0)
        return bank.write(made, torch.ones(rows, dtype=torch.int64))


def test_rows_are_taken_by_number_and_copied():
    bank = numbered(4)
    some = bank.rows(torch.tensor([2, 0]))
    assert some.frame.tolist() == [[EMPTY, 12], [EMPTY, 10]]
    assert some.tokens[:, 1, 0, 0].tolist() == [2, 0]
    assert some.pinned[:, 1].tolist() == [True, False]
    some.tokens.fill_(9)
    assert (bank.tokens != 9).all()


def test_a_wider_bank_has_empty_rows_after_those_of_each_stream():
    wide = numbered(4).widened(streams=2, more=1)
    assert wide.frame[:, 1].tolist() == [10, 11, EMPTY, 12, 13, EMPTY]
    assert wide.tokens[:, 1, 0, 0].tolist() == [0, 1, 0, 2, 3, 0]
    assert wide.pinned[:, 1].tolist() == [False, True, False, True, True, False]
    assert wide.used.sum() == 4


def test_a_mirrored_bank_counts_from_the_last_frame_and_twice_is_none():
    bank = numbered(2)
    assert bank.mirrored(20).frame.tolist() == [[EMPTY, 9], [EMPTY, 8]]
    assert torch.equal(bank.mirrored(20).mirrored(20).frame, bank.frame)


def test_a_detached_bank_is_cut_from_its_graph():
    tokens = torch.ones(1, 3, 4, requires_grad=True)
    made = replace(entry(1.0, 0, streams=1), tokens=tokens)
    bank = MemoryBank.empty(2, like=made).write(made, torch.tensor([0]))
    assert bank.tokens.requires_grad
    assert not bank.detach().tokens.requires_grad
