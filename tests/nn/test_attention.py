"""Attention against its definition, written out with complex numbers and a plain softmax."""

import pytest
import torch
from torch import Tensor

from segmem.nn.attention import RotaryAttention
from segmem.nn.positions import rotary_angles


def turned(x: Tensor, grid: tuple[int, int]) -> Tensor:
    """SAM2's rotation from its definition: adjacent channels are one complex number, columns first."""
    dim = x.shape[-1]
    rate = 1.0 / 10000.0 ** (torch.arange(0, dim, 4).double() / dim)
    out = torch.zeros_like(x, dtype=torch.complex128)
    for cell in range(grid[0] * grid[1]):
        row, column = divmod(cell, grid[1])
        angle = torch.cat([column * rate, row * rate])
        pairs = torch.view_as_complex(x[cell].double().reshape(-1, 2))
        out[cell, : dim // 2] = pairs * torch.exp(1j * angle)
    return torch.view_as_real(out[:, : dim // 2]).flatten(1)


def by_definition(attention: RotaryAttention, q: Tensor, kv: Tensor, grid: tuple[int, int]) -> Tensor:
    w = {name: value.double() for name, value in attention.state_dict().items()}

    def project(x: Tensor, name: str) -> Tensor:
        return x.double() @ w[f"{name}_proj.weight"].T + w[f"{name}_proj.bias"]

    rows = []
    for b in range(q.shape[0]):
        queries, keys = project(q[b], "q"), project(kv[b], "k")
        size = grid[0] * grid[1]
        heads = []
        for head in range(attention.heads):
            part = slice(
                head * queries.shape[1] // attention.heads, (head + 1) * queries.shape[1] // attention.heads
            )
            turned_keys = torch.cat(
                [turned(keys[i : i + size, part], grid) for i in range(0, len(keys), size)]
            )
            scores = turned(queries[:, part], grid) @ turned_keys.T / turned_keys.shape[1] ** 0.5
            heads.append(scores.softmax(dim=1) @ project(kv[b], "v")[:, part])
        rows.append(project(torch.cat(heads, dim=1), "out"))
    return torch.stack(rows)


@pytest.mark.parametrize("grid", [(4, 6), (5, 3), (1, 7)])
@pytest.mark.parametrize("heads", [1, 2])
def test_a_non_square_grid_agrees_with_attention_from_its_definition(grid, heads):
    torch.manual_seed(0)
    attention = RotaryAttention(16, key_dim=8, heads=heads)
    size = grid[0] * grid[1]
    q, kv = torch.randn(2, size, 16), torch.randn(2, 3 * size, 8)
    angles = rotary_angles(grid, 16 // heads)

    got = attention(q, kv, kv, angles, angles)

    assert torch.allclose(got.double(), by_definition(attention, q, kv, grid), atol=1e-5)


def test_what_is_on_disk_keeps_the_published_row_order():
    attention = RotaryAttention(8)
    published = {name: torch.randn_like(value) for name, value in attention.state_dict().items()}
    attention.load_state_dict(published)
    for name, value in attention.state_dict().items():
        assert torch.equal(value, published[name]), name
    assert not torch.equal(attention.q_proj.weight, published["q_proj.weight"])


def test_a_masked_key_is_not_seen():
    attention = RotaryAttention(8)
    q, kv = torch.randn(1, 4, 8), torch.randn(1, 8, 8)
    angles = rotary_angles((2, 2), 8)
    mask = torch.tensor([True] * 4 + [False] * 4)[None, None, None]
    masked = attention(q, kv, kv, angles, angles, mask)
    assert torch.allclose(masked, attention(q, kv[:, :4], kv[:, :4], angles, angles), atol=1e-6)


def test_keys_without_a_place_are_left_as_they_are():
    torch.manual_seed(0)
    attention = RotaryAttention(8)
    q, kv = torch.randn(1, 4, 8), torch.randn(1, 11, 8)
    here, nowhere = rotary_angles((2, 2), 8), (torch.ones(1, 4), torch.zeros(1, 4))
    got = attention(q, kv, kv, here, here, unrotated=3)
    cos, sin = (
        torch.cat([part, part, still.expand(3, -1)]) for part, still in zip(here, nowhere, strict=True)
    )
    assert torch.allclose(got, attention(q, kv, kv, here, (cos, sin)), atol=1e-6)
    shuffled = kv[:, [*range(8), 10, 8, 9]]
    assert torch.allclose(attention(q, shuffled, shuffled, here, here, unrotated=3), got, atol=1e-6)
