import torch
from torch.nn import functional as F

from nano import randomised
from segmem.nn import strips
from segmem.nn.tiny_block import Block, WindowAttention


@torch.no_grad()
def test_filled_in_cells_equal_computed_ones():
    attention = randomised(WindowAttention(8, 2, 5))
    x = torch.randn(1, 7, 9, 8)
    normed = F.pad(attention.norm(x), (0, 0, 0, 1, 0, 3))  # zeros before the norm are its bias after it
    normed[:, 7:] = attention.norm.bias
    normed[:, :, 9:] = attention.norm.bias
    assert torch.allclose(attention._pad(attention.qkv(attention.norm(x))), attention.qkv(normed), atol=1e-6)


def test_a_cell_attends_within_its_window_only():
    attention = randomised(WindowAttention(8, 2, 3))
    x = torch.randn(1, 6, 6, 8, requires_grad=True)
    attention(x)[0, 1, 1].sum().backward()
    touched = x.grad[0].abs().sum(-1) > 0
    assert touched[:3, :3].all()
    assert touched.sum() == 9


def test_the_bias_depends_on_the_distance_along_each_axis():
    index = WindowAttention(8, 2, 4).index.reshape(4, 4, 4, 4)
    assert index[0, 0, 2, 3] == index[3, 3, 1, 0] == index[2, 0, 0, 3]
    assert index[0, 0, 2, 3] != index[0, 0, 3, 2]
    assert index.unique().numel() == 16


def test_a_gradient_through_strips_equals_one_through_the_whole(monkeypatch):
    block, x = randomised(Block(8, 2, 3)), torch.randn(1, 7, 5, 8, requires_grad=True)
    (whole,) = torch.autograd.grad(block(x).square().sum(), x)
    monkeypatch.setattr(strips, "STRIP_BYTES", 1)
    (parted,) = torch.autograd.grad(block(x).square().sum(), x)
    assert torch.allclose(whole, parted, rtol=1e-4, atol=1e-5)
