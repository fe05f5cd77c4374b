import torch

from segmem.memory.slots import oldest, recency


def test_an_empty_slot_counts_as_oldest():
    assert oldest(torch.tensor([[3, -1, 0]])).tolist() == [1]


def test_recency_ranks_by_age_and_puts_invalid_slots_last():
    age, valid = torch.tensor([[5, 1, 0, 3]]), torch.tensor([[True, True, False, True]])
    assert recency(age, valid).tolist() == [[2, 0, 3, 1]]
