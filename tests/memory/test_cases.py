import pytest
import torch
from torch.nn import functional as F

from segmem.memory import CaseMemory, Confidence, Entry, MemoryBank
from segmem.memory.cases import chosen, held, kept

POLICY = Confidence(capacity=3, top_k=2)


def entry(*scores: float, seed: int = 0) -> Entry:
    """A row for each score, with keys of its own."""
    random = torch.Generator().manual_seed(seed)
    count = len(scores)
    key = F.normalize(torch.randn(count, 8, generator=random), dim=1)
    none = torch.zeros(count, dtype=torch.int64)
    return Entry(key[:, None].clone(), key, torch.tensor(scores), none, none.bool())


def shared(*scores: float) -> MemoryBank:
    made = entry(*scores)
    return MemoryBank(
        **{name: getattr(made, name)[None] for name in ("tokens", "key", "score", "frame", "pinned")}
    )


@torch.no_grad()
def written(cases: CaseMemory, *entries: Entry) -> CaseMemory:
    for one in entries:
        cases = cases.written(one, torch.ones(len(one.score), dtype=torch.bool), POLICY)
    return cases


def test_nothing_is_found_where_there_is_no_bank_or_an_empty_one():
    empty = MemoryBank.empty(3, like=entry(0.5))
    for cases in (CaseMemory(), CaseMemory(shared=empty)):
        assert cases.find(entry(0.5).key, POLICY) is None


def test_an_image_finds_its_own_entry_first_with_its_score():
    bank = shared(0.5, 0.5, 0.5)
    found = CaseMemory(bank).find(bank.key[0, [2]], POLICY)
    assert found.slot[0, 0] == 2
    assert found.score[0, 0] == pytest.approx(0.75)
    assert torch.equal(found.memory.tokens[0, 0], bank.tokens[0, 2])


def test_a_session_s_writes_leave_the_shared_row_alone_and_are_not_read():
    bank = shared(0.5, 0.5)
    before = bank.fork()
    cases = written(CaseMemory(bank, room=2), entry(0.9, 0.8, seed=1))
    assert cases.shared is bank
    assert torch.equal(bank.tokens, before.tokens)
    assert cases.overlay.used.tolist() == [[True, False], [True, False]]
    key = entry(0.9, seed=1).key
    assert torch.equal(cases.find(key, POLICY).slot, CaseMemory(bank).find(key, POLICY).slot)


def test_a_closed_memory_writes_nothing():
    assert written(CaseMemory(shared(0.5)), entry(0.9)).overlay is None


def test_what_is_not_due_is_not_written():
    cases = CaseMemory(room=2)
    with torch.no_grad():
        cases = cases.written(entry(0.9, 0.8), torch.tensor([False, True]), POLICY)
    assert cases.overlay.used.tolist() == [[False, False], [True, False]]


def test_a_rolled_back_session_leaves_no_trace():
    cases = written(CaseMemory(shared(0.5), room=2), entry(0.9)).rolled_back()
    assert cases.overlay is None


def test_kept_writes_go_into_a_new_bank_by_the_rule():
    bank = shared(0.5, 0.6)
    cases = written(CaseMemory(bank, room=2), entry(0.9, seed=1), entry(0.8, seed=2))
    new, came = kept(cases, POLICY)
    assert held(bank) == [0, 1]
    assert held(new) == [0, 1, 2]
    assert new.score[0, 2] == pytest.approx(0.9)
    assert came[2] == (0, 0)
    replaced = next(slot for slot in came if slot != 2) if len(came) == 2 else None
    assert replaced is None or new.score[0, replaced] == pytest.approx(0.8)


def test_a_session_without_a_bank_begins_one():
    new, came = kept(written(CaseMemory(room=2), entry(0.9)), POLICY)
    assert (new.frame.shape, held(new), came) == ((1, 3), [0], {0: (0, 0)})


def test_a_fork_shares_the_shared_row_and_nothing_else():
    cases = written(CaseMemory(shared(0.5), room=2), entry(0.9))
    fork = cases.fork()
    assert fork.shared is cases.shared
    cases.overlay.score.fill_(0)
    assert fork.overlay.score[0, 0] == pytest.approx(0.9)


def test_chosen_slots_come_in_their_order():
    assert chosen(shared(0.1, 0.2, 0.3), [2, 0]).score.tolist() == [[pytest.approx(0.3), pytest.approx(0.1)]]


def test_an_entry_of_the_very_image_is_not_read_where_one_says_so():
    bank = shared(0.5, 0.5, 0.5)
    asked = torch.cat([bank.key[0, [2]], entry(0.5, seed=9).key])
    found = CaseMemory(bank, itself=0.999).find(asked, POLICY)
    read = [slots[valid].tolist() for slots, valid in zip(found.slot, found.memory.valid, strict=True)]
    assert 2 not in read[0]
    assert len(read[0]) == 1
    assert len(read[1]) == 2, "other images of the batch read as ever"
    assert CaseMemory(shared(0.5), itself=0.999).find(shared(0.5).key[0], POLICY) is None
