import torch
from hypothesis import given
from hypothesis import strategies as st

from segmem.memory import Entry, Fifo, MemoryBank, Query


def entry(frame: int, score: float = 1.0) -> Entry:
    return Entry(
        torch.full((1, 1, 1), float(frame)),
        torch.zeros(1, 1),
        torch.tensor([score]),
        torch.tensor([frame]),
        torch.tensor([False]),
    )


def after(policy: Fifo, frames: int) -> MemoryBank:
    bank = MemoryBank.empty(policy.capacity, like=entry(0))
    for frame in filter(policy.due, range(frames)):
        bank = bank.write(entry(frame), policy.slot_for(entry(frame), bank))
    return bank


@given(capacity=st.integers(1, 6), stride=st.integers(1, 4), frames=st.integers(0, 30))
def test_it_holds_the_latest_frames_on_its_stride(capacity, stride, frames):
    policy = Fifo(capacity=capacity, stride=stride)
    held = sorted(f for f in after(policy, frames).frame[0].tolist() if f >= 0)
    assert held == [f for f in range(frames) if f % stride == 0][-capacity:]


def test_only_used_slots_are_valid():
    policy = Fifo(capacity=4)
    bank = after(policy, 2)
    recall = policy.recall(Query(torch.zeros(1, 1), torch.tensor([2])), bank)
    assert recall.valid.sum() == 2


def test_an_unsure_frame_is_not_remembered():
    policy = Fifo(capacity=2, min_score=0.6)
    bank = after(policy, 0)
    assert policy.slot_for(entry(0, score=0.59), bank).tolist() == [-1]
    assert policy.slot_for(entry(0, score=0.61), bank).tolist() == [0]


def test_the_oldest_is_read_twice_until_the_bank_is_full():
    policy = Fifo(capacity=3, first_twice=True)
    read = []
    bank = None
    for frame in range(5):
        if bank is not None:
            recall = policy.recall(Query(torch.zeros(1, 1), torch.tensor([frame])), bank)
            read.append(sorted(bank.frame.gather(1, recall.slot)[recall.valid].tolist()))
        tokens = torch.zeros(1, 1, 1)
        made = Entry(
            tokens, tokens[0], torch.ones(1), torch.tensor([frame]), torch.zeros(1, dtype=torch.bool)
        )
        bank = bank or MemoryBank.empty(3, like=made)
        bank = bank.write(made, policy.slot_for(made, bank))
    assert read == [[0, 0], [0, 0, 1], [0, 1, 2], [1, 2, 3]]
