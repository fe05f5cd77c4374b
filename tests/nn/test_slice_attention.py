import torch
from torch import nn

from segmem.nn.slice_attention import SliceAttention, with_neighbours


def attention(reach: int = 1) -> SliceAttention:
    torch.manual_seed(0)
    part = SliceAttention(8, reach, 2)
    nn.init.normal_(part.back.weight)
    nn.init.normal_(part.offset)
    return part.eval()


@torch.no_grad()
def test_it_begins_as_nothing():
    top = torch.randn(6, 8, 3, 4)
    assert torch.equal(SliceAttention(8, 2, 2)(top, 3), top)


@torch.no_grad()
def test_a_slice_sees_just_its_window_of_its_own_scan():
    part, top = attention(reach=1), torch.randn(10, 8, 3, 4)  # two scans of five
    plain = part(top, 5)
    top[3] = torch.randn(8, 3, 4)
    changed = (part(top, 5) - plain).abs().amax(dim=(1, 2, 3)) > 1e-6
    assert changed.tolist() == [False, False, True, True, True, *[False] * 5]


@torch.no_grad()
def test_beyond_the_border_there_is_nothing():
    part, top = attention(reach=2), torch.randn(3, 8, 3, 4)
    whole = part(top, 3)
    wider = torch.cat([top, torch.randn(4, 8, 3, 4)])
    assert torch.allclose(part(wider, 7)[0], whole[0], atol=1e-5)
    assert not torch.allclose(part(wider, 7)[2], whole[2], atol=1e-3)


@torch.no_grad()
def test_a_cell_sees_its_own_place_alone():
    part, top = attention(), torch.randn(3, 8, 3, 4)
    plain = part(top, 3)
    top[0, :, 1, 2] = torch.randn(8)
    changed = (part(top, 3) - plain).abs().amax(dim=1) > 1e-6
    assert changed[1].nonzero().tolist() == [[1, 2]]


@torch.no_grad()
def test_one_slice_is_a_window_of_one():
    part, top = attention(), torch.randn(2, 8, 3, 4)
    mixed = part._mixed(part.project(part.norm(top)), 1)
    assert torch.allclose(part(top, 1), top + part.back(mixed), atol=1e-5)


def test_gradients_reach_all_of_it():
    part, top = attention(), torch.randn(4, 8, 3, 4)
    part(top, 4).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in part.parameters())


def test_neighbours_are_channels_and_the_ends_repeat_themselves():
    grey = torch.arange(6.0).view(6, 1, 1, 1).expand(6, 3, 2, 2)  # two scans of three
    seen = with_neighbours(grey, 3)[:, :, 0, 0].tolist()
    assert seen == [[0, 0, 1], [0, 1, 2], [1, 2, 2], [3, 3, 4], [3, 4, 5], [4, 5, 5]]
