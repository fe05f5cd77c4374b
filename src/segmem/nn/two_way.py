"""Two-way transformer of SAM: a few tokens and the image's cells read each other."""

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.nn.perceptron import Perceptron


class CrossAttention(nn.Module):
    """Multi-head attention in `inner` channels, with two cheaper forms for a few tokens against many cells.

    A few tokens (their count times the heads below `inner`) take on the projections of the cells: the order of
    the matrix products changes, the result does not, and cells are multiplied with half the numbers.

    Args:
        dim: C, channels of both sides.
        heads: number of heads.
        inner: channels of queries, keys and values.
    """

    def __init__(self, dim: int, heads: int, inner: int) -> None:
        super().__init__()
        self.heads = heads
        self.q_proj = nn.Linear(dim, inner)
        self.k_proj = nn.Linear(dim, inner)
        self.v_proj = nn.Linear(dim, inner)
        self.out_proj = nn.Linear(inner, dim)

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """(R, S, C) from queries (R, S, C), keys and values (R, M, C)."""
        q, k, v = (self._split(x) for x in (self.q_proj(q), self.k_proj(k), self.v_proj(v)))
        seen = F.scaled_dot_product_attention(q, k, v)
        out: Tensor = self.out_proj(rearrange(seen, "r n l d -> r l (n d)"))
        return out

    def read(self, tokens: Tensor, keys: Tensor, cells: Tensor) -> Tensor:
        """(R, L, C): what the tokens (R, L, C) read from the cells (R, M, C) under the keys (R, M, C)."""
        if not self._few(tokens):
            return self.forward(tokens, keys, cells)
        q = self._split(self.q_proj(tokens)) * self._scale
        # The keys' bias adds the same to every cell's score, which softmax takes out again.
        asked = rearrange(q @ self._by_head(self.k_proj), "r n l c -> r (n l) c")
        weight = (asked @ keys.mT).softmax(dim=-1)
        seen = rearrange(weight @ cells, "r (n l) c -> r n l c", n=self.heads)
        values = seen @ self._by_head(self.v_proj).mT
        merged = rearrange(values, "r n l d -> r l (n d)") + self.v_proj.bias
        out: Tensor = self.out_proj(merged)
        return out

    def tell(self, cells: Tensor, keys: Tensor, tokens: Tensor, values: Tensor) -> Tensor:
        """(R, M, C): the cells (R, M, C) plus what they, asking as `keys` (R, M, C), are told by the tokens.

        Args:
            tokens: (R, L, C) what is asked.
            values: (R, L, C) what is told.
        """
        if not self._few(tokens):
            return cells + self.forward(keys, tokens, values)
        k = self._split(self.k_proj(tokens)) * self._scale
        asked = rearrange(k @ self._by_head(self.q_proj), "r n l c -> r (n l) c")
        offset = (k @ rearrange(self.q_proj.bias, "(n d) -> n d 1", n=self.heads)).flatten(1, 2)
        scores = torch.baddbmm(offset, asked, keys.mT)
        weight = rearrange(scores, "r (n l) m -> r n l m", n=self.heads).softmax(dim=2).flatten(1, 2)
        back = rearrange(self.out_proj.weight, "c (n d) -> n d c", n=self.heads)
        # A cell's weights sum to 1 in each head, so each head can bring its share of the bias.
        told = self._split(self.v_proj(values)) @ back + self.out_proj.bias / self.heads
        return torch.baddbmm(cells, weight.mT, told.flatten(1, 2))

    @property
    def _scale(self) -> float:
        return float((self.q_proj.out_features // self.heads) ** -0.5)

    def _few(self, tokens: Tensor) -> bool:
        return tokens.shape[1] * self.heads < self.q_proj.out_features

    def _split(self, x: Tensor) -> Tensor:
        return rearrange(x, "r l (n d) -> r n l d", n=self.heads)

    def _by_head(self, projection: nn.Linear) -> Tensor:
        return rearrange(projection.weight, "(n d) c -> n d c", n=self.heads)


class TwoWayBlock(nn.Module):
    """Tokens read each other, then the cells, think, and tell the cells (SAM, section A)."""

    def __init__(self, dim: int, heads: int, mlp: int, first: bool) -> None:
        super().__init__()
        self.first = first
        self.self_attn = CrossAttention(dim, heads, dim)
        self.norm1 = nn.LayerNorm(dim)
        self.cross_attn_token_to_image = CrossAttention(dim, heads, dim // 2)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = Perceptron(dim, mlp, dim, 2)
        self.norm3 = nn.LayerNorm(dim)
        self.norm4 = nn.LayerNorm(dim)
        self.cross_attn_image_to_token = CrossAttention(dim, heads, dim // 2)

    def forward(
        self, tokens: Tensor, cells: Tensor, token_places: Tensor, places: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Tokens (R, L, C) and cells (R, M, C), both updated.

        Args:
            token_places: (R, L, C) added to the tokens where they ask or are asked.
            places: (1, M, C) the same for the cells.
        """
        if self.first:  # the tokens are their own places still
            tokens = self.norm1(self.self_attn(tokens, tokens, tokens))
        else:
            asking = tokens + token_places
            tokens = self.norm1(tokens + self.self_attn(asking, asking, tokens))
        keys = cells + places
        tokens = self.norm2(tokens + self.cross_attn_token_to_image.read(tokens + token_places, keys, cells))
        tokens = self.norm3(tokens + self.mlp(tokens))
        told = self.cross_attn_image_to_token.tell(cells, keys, tokens + token_places, tokens)
        return tokens, self.norm4(told)


class TwoWayTransformer(nn.Module):
    """Blocks of two-way attention, then one last look of the tokens at the cells; SAM's parameter names.

    Args:
        dim: C.
        depth: number of blocks.
        heads: number of heads.
        mlp: hidden channels of the tokens' perceptron.
    """

    def __init__(self, dim: int = 256, depth: int = 2, heads: int = 8, mlp: int = 2048) -> None:
        super().__init__()
        self.layers = nn.ModuleList(TwoWayBlock(dim, heads, mlp, first=i == 0) for i in range(depth))
        self.final_attn_token_to_image = CrossAttention(dim, heads, dim // 2)
        self.norm_final_attn = nn.LayerNorm(dim)

    def forward(self, tokens: Tensor, cells: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens (R, L, C) and cells (R, M, C), both updated; `places` (1, M, C) says where the cells are."""
        token_places = tokens
        for layer in self.layers:
            tokens, cells = layer(tokens, cells, token_places, places)
        last = self.final_attn_token_to_image.read(tokens + token_places, cells + places, cells)
        return self.norm_final_attn(tokens + last), cells
