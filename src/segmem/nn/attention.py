"""Multi-head attention with rotary positions, in real arithmetic, under SAM2's parameter names."""

from collections.abc import Callable

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.nn.narrow_attention import attend_narrow
from segmem.nn.positions import half_split, rotate

Angles = tuple[Tensor, Tensor]


class RotaryAttention(nn.Module):
    """Attention whose queries and keys are rotated by their place (SAM2's RoPEAttention).

    Inside, rotation partners are half a head apart, which is several times faster than adjacent ones;
    `state_dict` and `load_state_dict` speak SAM2's order, so files are exchangeable.

    Args:
        dim: of queries and of the output.
        key_dim: of keys and values.
        heads: number of heads.
    """

    def __init__(self, dim: int, key_dim: int | None = None, heads: int = 1) -> None:
        super().__init__()
        self.heads = heads
        self.q_proj = nn.Linear(dim, dim)
        self.k_proj = nn.Linear(key_dim or dim, dim)
        self.v_proj = nn.Linear(key_dim or dim, dim)
        self.out_proj = nn.Linear(dim, dim)
        order = half_split(dim, heads)
        self.register_state_dict_post_hook(_reorder(order.argsort()))  # type: ignore[no-untyped-call]
        self._order = order

    def _load_from_state_dict(self, state_dict: dict[str, Tensor], prefix: str, *args: object) -> None:
        for name in _rotated(prefix):  # torch hands in a copy, which it then passes on to the projections
            if name in state_dict and state_dict[name].shape[0] == len(self._order):
                state_dict[name] = state_dict[name][self._order]
        super()._load_from_state_dict(state_dict, prefix, *args)

    def forward(
        self,
        q: Tensor,
        k: Tensor,
        v: Tensor,
        q_angles: Angles,
        k_angles: Angles,
        mask: Tensor | None = None,
        unrotated: int = 0,
    ) -> Tensor:
        """(B, S, dim) from queries (B, S, dim), keys and values (B, M, key_dim).

        Args:
            q_angles: cosines and sines (S, head/2).
            k_angles: the same for the keys, repeated when M is a multiple of their length.
            mask: (B, 1, 1, M) bool, True where a key may be seen.
            unrotated: how many keys at the end have no place, so are left as they are.
        """
        q, k = (rearrange(x, "b l (n d) -> b n l d", n=self.heads) for x in (self.q_proj(q), self.k_proj(k)))
        q, k = rotate(q, *q_angles), rotated_keys(k, k_angles, unrotated)
        out = self._narrow(q, k, v, mask) if self._is_narrow(v) else self._fused(q, k, v, mask)
        merged: Tensor = self.out_proj(out)
        return merged

    def _fused(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        values = rearrange(self.v_proj(v), "b l (n d) -> b n l d", n=self.heads)
        out = F.scaled_dot_product_attention(q, k, values, attn_mask=mask)
        return rearrange(out, "b n l d -> b l (n d)")

    def _narrow(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        seen = None if mask is None else mask[:, 0, 0]
        return attend_narrow(q[:, 0], k[:, 0], v, self.v_proj.weight, self.v_proj.bias, seen)

    def _is_narrow(self, v: Tensor) -> bool:
        """Whether values are so much narrower than a head that projecting them last is less work; on a GPU the
        fused kernel is faster all the same, and in training its backward pass."""
        narrow = self.heads == 1 and 2 * v.shape[-1] <= self.v_proj.out_features
        exact = v.dtype == torch.float32 and not torch.is_autocast_enabled(v.device.type)
        return narrow and exact and v.device.type == "cpu" and not torch.is_grad_enabled()


def rotated_keys(k: Tensor, angles: Angles, unrotated: int) -> Tensor:
    """Turn each group of keys (B, heads, M, d) by its place; the last `unrotated` stay."""
    placed = k[:, :, : k.shape[2] - unrotated]
    grouped = rearrange(placed, "b n (g l) d -> b n g l d", l=angles[0].shape[0])
    turned = rearrange(rotate(grouped, *angles), "b n g l d -> b n (g l) d")
    return torch.cat([turned, k[:, :, placed.shape[2] :]], dim=2) if unrotated else turned


def _rotated(prefix: str) -> list[str]:
    return [f"{prefix}{name}_proj.{kind}" for name in ("q", "k") for kind in ("weight", "bias")]


def _reorder(order: Tensor) -> Callable[[nn.Module, dict[str, Tensor], str, object], None]:
    """A hook that writes the rotated projections in SAM2's row order."""

    def hook(module: nn.Module, state: dict[str, Tensor], prefix: str, meta: object) -> None:
        del module, meta
        for name in _rotated(prefix):
            if name in state:
                state[name] = state[name].detach()[order.to(state[name].device)]

    return hook
