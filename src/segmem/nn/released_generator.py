"""The prompt generator of DSSAM2-LAPG as released: the first of fifty object tokens, no positions, no coarse mask."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

OBJECTS = 50


@dataclass(frozen=True, slots=True)
class ReleasedPrompt:
    """What it gives of B images."""

    top: Tensor  # B C h w, refined
    token: Tensor  # B 1 C, the one that is used
    others: Tensor  # B (49 + T) C, updated and not used


class ReleasedGenerator(nn.Module):
    """Object tokens read the mask decoder's tokens, then the image (`prompt_generator.*`, its parameter names).

    Args:
        width: C; 256 as released.
        head: channels of each of the eight heads; 64 as released.
    """

    def __init__(self, width: int = 256, head: int = 64) -> None:
        super().__init__()
        self.object_token = nn.Parameter(torch.randn(1, OBJECTS, width))
        self.cross_token_token = CrossTransformer(width, head)
        self.cross_image_token = CrossTransformer(width, head)
        self.token_proj = nn.Linear(width, width)

    def forward(self, top: Tensor, decoder_tokens: Tensor) -> ReleasedPrompt:
        """The prompt of features (B, C, h, w) and the mask decoder's tokens (B, T, C)."""
        learned = self.object_token.expand(len(top), -1, -1).to(top.dtype)
        read, _ = self.cross_token_token(learned, decoder_tokens)
        asking = torch.cat([self.token_proj(read) + learned, decoder_tokens], dim=1)
        cells, tokens = self.cross_image_token(rearrange(top, "b c h w -> b (h w) c"), asking)
        refined = rearrange(cells, "b (h w) c -> b c h w", h=top.shape[-2])
        return ReleasedPrompt(refined, tokens[:, :1], tokens[:, 1:])


class CrossTransformer(nn.Module):
    """Two layers in which two sides read each other's old values, then think, each for itself."""

    def __init__(self, width: int, head: int, depth: int = 2, heads: int = 8) -> None:
        super().__init__()
        self.layers: Sequence[Sequence[nn.Module]] = nn.ModuleList(  # type: ignore[assignment]
            nn.ModuleList(
                [
                    Reading(width, heads, head),
                    Reading(width, heads, head),
                    Thinking(width),
                    Thinking(width),
                ]
            )
            for _ in range(depth)
        )

    def forward(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """(B, S, C) and (B, M, C), both updated."""
        for layer in self.layers:
            first_reads, second_reads, first_thinks, second_thinks = layer
            first, second = first + first_reads(first, second), second + second_reads(second, first)
            first, second = first + first_thinks(first), second + second_thinks(second)
        return first, second


class Reading(nn.Module):
    """Cross-attention, both sides normalised first."""

    def __init__(self, width: int, heads: int, head: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.fn = _Attention(width, heads, head)

    def forward(self, asking: Tensor, asked: Tensor) -> Tensor:
        out: Tensor = self.fn(self.norm1(asking), self.norm2(asked))
        return out


class _Attention(nn.Module):
    def __init__(self, width: int, heads: int, head: int) -> None:
        super().__init__()
        self.heads = heads
        self.to_q = nn.Linear(width, heads * head, bias=False)
        self.to_kv = nn.Linear(width, 2 * heads * head, bias=False)
        self.to_out = nn.Sequential(nn.Linear(heads * head, width))

    def forward(self, asking: Tensor, asked: Tensor) -> Tensor:
        keys, values = self.to_kv(asked).chunk(2, dim=-1)
        q, k, v = (
            rearrange(x, "b l (n d) -> b n l d", n=self.heads) for x in (self.to_q(asking), keys, values)
        )
        seen = F.scaled_dot_product_attention(q, k, v)
        out: Tensor = self.to_out(rearrange(seen, "b n l d -> b l (n d)"))
        return out


class Thinking(nn.Module):
    """Feed-forward, normalised first."""

    def __init__(self, width: int, times: int = 4) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.fn = nn.ModuleDict(
            {
                "net": nn.ModuleDict(
                    {"0": nn.Linear(width, times * width), "3": nn.Linear(times * width, width)}
                )
            }
        )

    def forward(self, x: Tensor) -> Tensor:
        net = self.fn["net"]
        out: Tensor = net["3"](F.relu(net["0"](self.norm(x))))  # type: ignore[index]
        return out
