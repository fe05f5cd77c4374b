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

    def of(age: list[int], rank: list[int]) -> torch.Tensor:
        return code(Memory(torch.zeros(1, 3, 1, 8), torch.tensor([age]), torch.tensor([rank]), valid))

    assert torch.equal(of([1, 2, 3], [0, 1, 2]), of([10, 20, 30], [0, 1, 2]))
    assert torch.equal(of([3, 1, 2], [2, 0, 1])[:, 1], of([1, 2, 3], [0, 1, 2])[:, 0])
    assert not torch.equal(of([1, 2, 3], [0, 1, 2]), of([1, 2, 3], [1, 1, 2]))
    assert torch.equal(of([1, 2, 3], [0, 1, 9])[:, 2], of([1, 2, 3], [0, 1, 3])[:, 2])


def test_tokens_without_a_place_may_come_in_any_order_and_others_may_not():
    torch.manual_seed(0)
    attention = MemoryAttention(SMALL).eval()
    tokens, memory = torch.randn(1, 15, 16), torch.randn(1, 15 + 4, 8)
    position = torch.zeros(1, 19, 8)
    out = attention(tokens, memory, position, (3, 5), placeless=4)
    pointers = memory[:, [*range(15), 18, 17, 15, 16]]
    assert torch.allclose(attention(tokens, pointers, position, (3, 5), placeless=4), out, atol=1e-6)
    cells = memory[:, [1, 0, *range(2, 19)]]
    assert not torch.allclose(attention(tokens, cells, position, (3, 5), placeless=4), out, atol=1e-5)


def test_the_position_is_added_to_keys_and_not_to_values():
    torch.manual_seed(0)
    attention = MemoryAttention(SMALL).eval()
    tokens = torch.randn(1, 15, 16)
    even = torch.ones(1, 15, 8).contiguous()
    position = torch.randn(1, 15, 8)
    plain = attention(tokens, even, torch.zeros_like(position), (3, 5))
    assert torch.allclose(attention(tokens, even, position, (3, 5)), plain, atol=1e-5)


def test_several_objects_share_what_does_not_depend_on_them():
    torch.manual_seed(0)
    attention = MemoryAttention(SMALL).eval()
    tokens, memory, position = torch.randn(2, 15, 16), torch.randn(6, 30, 8), torch.randn(6, 30, 8)
    seen = []
    hook = attention.layers[0].self_attn.register_forward_hook(lambda *heard: seen.append(len(heard[-1])))
    out = attention(tokens, memory, position, (3, 5))
    hook.remove()
    assert seen == [2]
    assert out.shape == (6, 15, 16)
    for row in range(6):
        alone = attention(tokens[[row // 3]], memory[[row]], position[[row]], (3, 5))
        assert torch.allclose(out[[row]], alone, atol=1e-5)
