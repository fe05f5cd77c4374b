import torch

from segmem.ops.beside import beside


def test_each_row_is_chosen_whole():
    x = torch.arange(12.0).view(3, 2, 2)
    rows = torch.tensor([True, False, True])
    assert torch.where(beside(rows, x), x, -1.0)[:, 1, 1].tolist() == [3, -1, 11]


def test_each_slot_of_each_row_is_chosen_whole():
    x = torch.arange(24.0).view(2, 3, 2, 2)
    slots = torch.tensor([[True, False, False], [False, True, True]])
    assert torch.where(beside(slots, x), x, -1.0)[:, :, 0, 1].tolist() == [[1, -1, -1], [-1, 17, 21]]


def test_without_more_axes_nothing_is_added():
    rows = torch.tensor([True, False])
    assert beside(rows, torch.zeros(2)).shape == (2,)
