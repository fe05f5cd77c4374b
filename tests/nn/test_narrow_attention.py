import pytest
import torch
from torch.nn import functional as F

from segmem.nn.attention import RotaryAttention
from segmem.nn.narrow_attention import attend_narrow
from segmem.nn.positions import rotary_angles


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("queries", [1, 256, 300])
def test_it_equals_attention_with_projected_values(masked, queries):
    random = torch.Generator().manual_seed(0)
    q, k = (torch.randn(2, n, 16, generator=random) for n in (queries, 40))
    values = torch.randn(2, 40, 4, generator=random)
    weight, bias = torch.randn(16, 4, generator=random), torch.randn(16, generator=random)
    mask = None
    if masked:
        mask = torch.rand(2, 40, generator=random) > 0.4
    expected = F.scaled_dot_product_attention(
        q, k, F.linear(values, weight, bias), attn_mask=None if mask is None else mask[:, None]
    )
    assert torch.allclose(attend_narrow(q, k, values, weight, bias, mask), expected, atol=1e-5)


def test_large_scores_do_not_overflow():
    q = torch.full((1, 3, 8), 100.0)
    out = attend_narrow(q, q, torch.eye(3)[None], torch.eye(3), torch.zeros(3), None)
    assert torch.allclose(out, torch.full((1, 3, 3), 1 / 3))


@pytest.mark.parametrize("unrotated", [0, 4])
def test_use_and_training_give_the_same(unrotated):
    torch.manual_seed(0)
    part = RotaryAttention(32, 8)
    angles = rotary_angles((3, 4), 32)
    q, memory = torch.randn(2, 12, 32), torch.randn(2, 24 + unrotated, 8)
    mask = torch.rand(2, 1, 1, 24 + unrotated) > 0.3
    for seen in (None, mask):
        trained = part(q, memory, memory, angles, angles, seen, unrotated)
        with torch.no_grad():
            used = part(q, memory, memory, angles, angles, seen, unrotated)
        assert torch.allclose(used, trained, atol=1e-5)
