import torch

from nano import nano_samed2
from segmem.memory import Memory
from segmem.nn.attention_shares import watching


def memory(tokens: torch.Tensor) -> Memory:
    none = torch.zeros(tokens.shape[:2], dtype=torch.int64)
    return Memory(tokens, none, none, none == 0)


@torch.no_grad()
def test_shares_are_those_of_the_softmax_itself():
    network, top = nano_samed2().network, torch.randn(2, 32, 4, 4)
    read = memory(torch.randn(2, 3, 16, 16))
    code = torch.zeros(16)
    with watching(network, 3) as shares:
        network.look_at_cases(top, read, code)
    assert len(shares.layers) == len(network.memory_attention.layers)
    assert torch.allclose(shares.mean().sum(dim=1), torch.ones(2), atol=1e-5)
    one = memory(read.tokens[:, [0, 0, 0]])
    with watching(network, 3) as shares:
        network.look_at_cases(top, one, code)
    assert torch.allclose(shares.mean(), torch.full((2, 3), 1 / 3), atol=1e-5)


@torch.no_grad()
def test_an_entry_that_draws_all_attention_has_all_of_it():
    network, top = nano_samed2().network, torch.randn(1, 32, 4, 4)
    for layer in network.memory_attention.layers:
        layer.cross_attn_image.q_proj.weight.zero_()
        layer.cross_attn_image.q_proj.bias.fill_(1)
        layer.cross_attn_image.k_proj.weight.fill_(1)
    read = memory(torch.stack([torch.zeros(16, 16), torch.full((16, 16), 50.0)])[None])
    with watching(network, 2) as shares:
        network.look_at_cases(top, read, torch.zeros(16))
    assert shares.mean().argmax() == 1


@torch.no_grad()
def test_nothing_is_noted_after_it():
    network, top = nano_samed2().network, torch.randn(1, 32, 4, 4)
    read = memory(torch.randn(1, 2, 16, 16))
    with watching(network, 2) as shares:
        before = network.look_at_cases(top, read, torch.zeros(16))
    count = len(shares.layers)
    assert torch.equal(network.look_at_cases(top, read, torch.zeros(16)), before)
    assert len(shares.layers) == count
