"""TinyViT's block: attention in windows, a convolution across their edges, an MLP."""

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.nn.conv_norm import ConvNorm, depthwise
from segmem.nn.strips import by_strips, rows_at_once
from segmem.nn.temporal_adapter import Passage, TemporalAdapter


class WindowAttention(nn.Module):
    """Attention within square windows, with a learned bias for each distance along the two axes.

    Windows that reach over the edge hold cells of zeros, which take part as in the published network; their queries,
    keys and values are all alike and come from the biases alone, so they are filled in and not computed.
    """

    index: Tensor

    def __init__(self, dim: int, heads: int, window: int) -> None:
        super().__init__()
        self.heads, self.window = heads, window
        self.norm = nn.LayerNorm(dim)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)
        self.attention_biases = nn.Parameter(torch.zeros(heads, window * window))
        side = torch.arange(window)
        away = (side[:, None] - side).abs()
        index = away[:, None, :, None] * window + away[None, :, None, :]
        self.register_buffer("index", index.reshape(window**2, window**2), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """What is to be added to (B, h, w, C)."""
        bias = self.attention_biases[:, self.index][None]
        rows = max(1, rows_at_once(x, 3 * x.shape[3]) // self.window) * self.window
        return by_strips(lambda part: self._attend(part, bias), x, rows)

    def _attend(self, x: Tensor, bias: Tensor) -> Tensor:
        height, width = x.shape[1:3]
        padded = self._pad(self.qkv(self.norm(x)))
        i, j = (side // self.window for side in padded.shape[1:3])
        pattern = "b (i h) (j w) (n three d) -> three (b i j) n (h w) d"
        q, k, v = rearrange(padded, pattern, three=3, n=self.heads, i=i, j=j)
        out = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        merged = rearrange(out, "(b i j) n (h w) d -> b (i h) (j w) (n d)", i=i, j=j, h=self.window)
        done: Tensor = self.proj(merged[:, :height, :width])
        return done

    def _pad(self, qkv: Tensor) -> Tensor:
        """Fill (B, h, w, 3 C) up to whole windows with what a cell of zeros gives."""
        batch, height, width = qkv.shape[:3]
        below, right = -height % self.window, -width % self.window
        if not below and not right:
            return qkv
        empty = F.linear(self.norm.bias, self.qkv.weight, self.qkv.bias).to(qkv.dtype)
        beside = empty.expand(batch, height, right, -1)
        under = empty.expand(batch, below, width + right, -1)
        return torch.cat([torch.cat([qkv, beside], 2), under], 1)


class Mlp(nn.Module):
    """Norm, widen, narrow."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.fc1 = nn.Linear(dim, hidden)
        self.fc2 = nn.Linear(hidden, dim)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.fc2(F.gelu(self.fc1(self.norm(x))))
        return out


class Block(nn.Module):
    """Attention in windows, a depthwise convolution across their edges, and an MLP.

    With an `adapter` what attention finds passes it before it is added.
    """

    def __init__(self, dim: int, heads: int, window: int) -> None:
        super().__init__()
        self.adapter: TemporalAdapter | None = None
        self.attn = WindowAttention(dim, heads, window)
        self.mlp = Mlp(dim, 4 * dim)
        self.local_conv = ConvNorm(dim, dim, 3, groups=dim)

    def forward(self, x: Tensor, passage: Passage | None = None) -> Tensor:
        """(B, h, w, C) from the same."""
        found = self.attn(x)
        found = found if self.adapter is None else self.adapter.through(found, passage or Passage())
        x = depthwise(x + found, *self.local_conv.fold(), 1, (1, 1))
        return by_strips(lambda part: part + self.mlp(part), x, rows_at_once(x, self.mlp.fc1.out_features))
