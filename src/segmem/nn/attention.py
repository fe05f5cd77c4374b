"""Multi-head attention with rotary positions, in real arithmetic, under SAM2's parameter names."""

from collections.abc import Callable

from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

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
        self, q: Tensor, k: Tensor, v: Tensor, q_angles: Angles, k_angles: Angles, mask: Tensor | None = None
    ) -> Tensor:
        """(B, S, dim) from queries (B, S, dim), keys and values (B, M, key_dim).

        Args:
            q_angles: cosines and sines (S, head/2).
            k_angles: the same for the keys, repeated when M is a multiple of their length.
            mask: (B, 1, 1, M) bool, True where a key may be seen.
        """
        q, k, v = (
            rearrange(x, "b l (n d) -> b n l d", n=self.heads)
            for x in (self.q_proj(q), self.k_proj(k), self.v_proj(v))
        )
        groups = k.shape[2] // k_angles[0].shape[0]
        grouped = rearrange(k, "b n (g l) d -> b n g l d", g=groups)
        k = rearrange(rotate(grouped, *k_angles), "b n g l d -> b n (g l) d")
        out = F.scaled_dot_product_attention(rotate(q, *q_angles), k, v, attn_mask=mask)
        merged: Tensor = self.out_proj(rearrange(out, "b n l d -> b l (n d)"))
        return merged


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
