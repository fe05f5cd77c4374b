import pytest
import torch

from segmem.nn.two_way import CrossAttention, TwoWayTransformer


@pytest.fixture
def attention():
    torch.manual_seed(0)
    return CrossAttention(dim=32, heads=4, inner=16)


@pytest.fixture
def sides():
    torch.manual_seed(1)
    return torch.randn(2, 3, 32), torch.randn(2, 35, 32), torch.randn(2, 35, 32)


@torch.no_grad()
def test_a_few_tokens_read_what_plain_attention_reads(attention, sides):
    tokens, keys, cells = sides
    assert torch.allclose(attention.read(tokens, keys, cells), attention(tokens, keys, cells), atol=1e-5)


@torch.no_grad()
def test_a_few_tokens_tell_what_plain_attention_tells(attention, sides):
    tokens, keys, cells = sides
    told = attention.tell(cells, keys, tokens, tokens + 1)
    assert torch.allclose(told, cells + attention(keys, tokens, tokens + 1), atol=1e-5)


@torch.no_grad()
def test_many_tokens_take_the_plain_way(attention, sides):
    _, keys, cells = sides
    tokens = torch.randn(2, 4, 32)  # 4 tokens x 4 heads are no fewer than 16 channels
    assert torch.equal(attention.read(tokens, keys, cells), attention(tokens, keys, cells))
    assert torch.equal(attention.tell(cells, keys, tokens, tokens), cells + attention(keys, tokens, tokens))


def test_gradients_of_both_ways_agree(attention, sides):
    tokens, keys, cells = sides

    def gradients(out):
        attention.zero_grad()
        out.pow(2).sum().backward()
        return [parameter.grad.clone() for parameter in attention.parameters()]

    folded = gradients(attention.tell(cells, keys, tokens, tokens))
    plain = gradients(cells + attention(keys, tokens, tokens))
    assert all(torch.allclose(a, b, rtol=1e-3, atol=1e-3) for a, b in zip(folded, plain, strict=True))


@torch.no_grad()
def test_rows_do_not_see_each_other():
    network = TwoWayTransformer(dim=32, depth=2, heads=4, mlp=64).eval()
    tokens, cells, places = torch.randn(2, 3, 32), torch.randn(2, 35, 32), torch.randn(1, 35, 32)

    both = network(tokens, cells, places)

    alone = network(tokens[1:], cells[1:], places)
    assert all(torch.allclose(a[1:], b, atol=1e-5) for a, b in zip(both, alone, strict=True))
