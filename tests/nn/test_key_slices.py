import torch

from segmem.nn.key_slices import key_slices
from segmem.nn.lapg_network import Prepared


def slices(presence: torch.Tensor, clear: torch.Tensor | None = None) -> Prepared:
    """Slices with these presences (T, 2), each class on half of each; `clear` (T,) is how clear their masks are."""
    coarse = torch.zeros(len(presence), 1, 3, 4, 4)
    coarse[:, :, 1, ::2] = 1.0
    coarse[:, :, 2, 1::2] = 1.0
    if clear is not None:
        coarse *= clear.view(-1, 1, 1, 1, 1)
    nothing = torch.zeros(1)
    return Prepared(nothing, (), nothing, nothing, coarse, presence)


def test_they_are_the_surest_and_lie_apart():
    presence, clear = torch.full((12, 2), -9.0), torch.ones(12)
    presence[[2, 3, 8]] = 9.0
    clear[3] = 5.0  # clearer than slice 2 beside it
    told = slices(presence, clear)
    assert key_slices(told, 2) == [3, 8]
    assert key_slices(told, 1) == [3]
    assert key_slices(told, 0) == []


def test_a_slice_with_more_classes_counts_more():
    presence = torch.full((6, 2), 9.0)
    presence[:4, 1] = -9.0
    presence[5] = -9.0
    assert key_slices(slices(presence), 1) == [4]


def test_where_nothing_is_seen_there_is_none():
    assert key_slices(slices(torch.full((5, 2), -1.0)), 3) == []


def test_one_slice_can_be_one():
    assert key_slices(slices(torch.full((1, 2), 9.0)), 3) == [0]
