import torch

from segmem.memory import Memory
from segmem.nn.memory_attention import MemoryAttentionSettings
from segmem.nn.residual_memory import ResidualMemory

SMALL = MemoryAttentionSettings(width=16, memory_width=8, layers=1, ffn=32)


def part(trained: bool = False, pool: int = 1) -> ResidualMemory:
    torch.manual_seed(0)
    memory = ResidualMemory(12, SMALL, capacity=3, pool=pool).eval()
    if trained:
        torch.nn.init.normal_(memory.back.weight)
    return memory


def read(valid: list[list[bool]], tokens: int = 15) -> Memory:
    seen = torch.tensor(valid)
    age = torch.arange(1, seen.shape[1] + 1).expand(seen.shape)
    return Memory(torch.randn(*seen.shape, tokens, 8), age, torch.zeros_like(seen), seen)


def test_an_untrained_one_returns_its_input():
    top = torch.randn(2, 12, 3, 5)
    assert torch.equal(part().attend(top, read([[True, True], [True, False]])), top)


def test_a_row_with_nothing_to_look_at_comes_back_unchanged():
    top = torch.randn(2, 12, 3, 5)
    out = part(trained=True).attend(top, read([[False, False], [True, False]]))
    assert torch.equal(out[0], top[0])
    assert not torch.allclose(out[1], top[1])
    assert out.isfinite().all()


def test_gradients_survive_a_row_with_nothing_to_look_at():
    memory = part(trained=True)
    memory.attend(torch.randn(2, 12, 3, 5), read([[False, False], [True, False]])).sum().backward()
    assert all(p.grad.isfinite().all() for p in memory.parameters() if p.grad is not None)


def test_pooling_makes_fewer_tokens():
    top, foreground = torch.randn(1, 12, 3, 5), torch.rand(1, 1, 48, 80)
    assert part().memorise(top, foreground).shape == (1, 15, 8)
    assert part(pool=2).memorise(top, foreground).shape == (1, 6, 8)


def test_a_foreground_map_of_another_size_is_resized():
    top = torch.randn(1, 12, 3, 5)
    whole, half = torch.ones(1, 1, 96, 160), torch.ones(1, 1, 48, 80)
    assert torch.allclose(part().memorise(top, whole), part().memorise(top, half), atol=1e-5)
