"""How attention to memory is shared among the entries that it reads."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.nn.attention import RotaryAttention, rotated_keys
from segmem.nn.memory_attention import MemoryAttentionLayer, Remembered
from segmem.nn.positions import rotate


@dataclass(slots=True)
class Shares:
    """What was seen of each layer: (B, R), rows sum to 1."""

    layers: list[Tensor] = field(default_factory=list)

    def mean(self) -> Tensor:
        """(B, R) over layers."""
        return torch.stack(self.layers).mean(dim=0)


@contextmanager
def watching(network: nn.Module, entries: int) -> Iterator[Shares]:
    """While it is open, memory attention in `network` notes what share of its weights goes to each of R entries.

    A softmax's weights times the entries' indicators are what the same attention gives where indicators are its
    values; so the whole matrix of weights is never made.
    """
    shares = Shares()

    def note(module: nn.Module, given: tuple[Any, ...], out: Tensor) -> None:
        del out
        assert isinstance(module, RotaryAttention)  # noqa: S101  of `MemoryAttentionLayer`
        shares.layers.append(_share(module, entries, given[0], Remembered(*given[1:])))

    layers = [part for part in network.modules() if isinstance(part, MemoryAttentionLayer)]
    handles = [layer.cross_attn_image.register_forward_hook(note) for layer in layers]
    try:
        yield shares
    finally:
        for handle in handles:
            handle.remove()


def _share(attention: RotaryAttention, entries: int, q: Tensor, memory: Remembered) -> Tensor:
    """(B, R): mean over queries and heads of the weights on each entry's tokens."""
    heads = attention.heads
    asked = rotate(rearrange(attention.q_proj(q), "b l (n d) -> b n l d", n=heads), *memory.here)
    keys = rearrange(attention.k_proj(memory.keys), "b l (n d) -> b n l d", n=heads)
    keys = rotated_keys(keys, memory.there, memory.unrotated)
    owner = torch.eye(entries, dtype=keys.dtype, device=keys.device)
    owner = owner.repeat_interleave(keys.shape[2] // entries, dim=0).expand(*keys.shape[:2], -1, -1)
    return F.scaled_dot_product_attention(asked, keys, owner, attn_mask=memory.mask).float().mean(dim=(1, 2))
