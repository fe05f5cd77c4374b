import torch

from segmem.memory import Memory
from segmem.nn.memory_attention import MemoryAttention, MemoryAttentionSettings, TemporalCode, pooled

SMALL = MemoryAttentionSettings(width=16, memory_width=8, layers=2, ffn=32)


def test_a_memory_frame_that_is_masked_changes_nothing():
    attention = MemoryAttention(SMALL).eval()
    tokens, memory = torch.randn(1, 15, 16), torch.randn(1, 30, 8)
    mask = (torch.arange(30) < 15)[None]
    position = torch.zeros(1, 30, 8)
    masked = attention(tokens, memory, position, (3, 5), mask=mask)
    alone = attention(tokens, memory[:, :15], position[:, :15], (3, 5))
    assert torch.allclose(masked, alone, atol=1e-6)


def test_pooled_memory_of_an_odd_grid_is_read():
    attention = MemoryAttention(SMALL).eval()
    assert pooled((3, 5), 2) == (2, 3)
    memory = torch.randn(1, 6, 8)
    out = attention(torch.randn(1, 15, 16), memory, torch.zeros(1, 6, 8), (3, 5), pool=2)
    assert out.shape == (1, 15, 16)


def test_the_temporal_code_goes_by_rank_not_by_age():
    code = TemporalCode(4, 8)
    valid = torch.ones(1, 3, dtype=torch.bool)

    def of(age: list[int]) -> torch.Tensor:
        ages = torch.tensor([age])
        return code(Memory(torch.zeros(1, 3, 1, 8), ages, valid, valid))

    assert torch.equal(of([1, 2, 3]), of([10, 20, 30]))
    assert torch.equal(of([3, 1, 2])[:, 1], of([1, 2, 3])[:, 0])
