from dataclasses import replace

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


def test_an_untrained_one_reads_each_cell_where_it_is():
    wide = SMALL.model_copy(update={"width": 128})
    memory = ResidualMemory(12, wide, capacity=3).eval()
    torch.nn.init.normal_(memory.back.weight)
    marked, empty = read([[True]]), read([[True]])
    tokens = torch.zeros(1, 1, 15, 8)
    tokens[0, 0, 7] = 0.1  # row 1, column 2 of (3, 5)
    marked, empty = replace(marked, tokens=tokens), replace(empty, tokens=tokens * 0)
    top = torch.randn(1, 12, 3, 5)
    change = (memory.attend(top, marked) - memory.attend(top, empty)).abs().mean(dim=1)[0]
    assert change.flatten().argmax() == 7
    assert change[1, 2] > 3 * change[:, 4].max()


def test_a_closed_gate_leaves_the_floor():
    top, memory = torch.randn(1, 12, 3, 5), part(trained=True)
    torch.nn.init.zeros_(memory.gate.weight)
    opened, closed = [], []
    seen = read([[True]])
    for bias, kept in ((50.0, opened), (-50.0, closed)):
        torch.nn.init.constant_(memory.gate.bias, bias)
        for memory.floor in (0.0, 0.25):
            kept.append(memory.attend(top, seen) - top)
    assert torch.allclose(closed[0], torch.zeros(()), atol=1e-6)
    assert torch.allclose(closed[1], 0.25 * opened[1], atol=1e-5)
    assert torch.equal(opened[0], opened[1])
