"""Lays what is known of whole rows beside all that those rows hold."""

from torch import Tensor


def beside(rows: Tensor, x: Tensor) -> Tensor:
    """(B,), or (B, N), as (B, 1, ...) or (B, N, 1, ...), with as many axes as `x` (B, ...) or (B, N, ...) has."""
    return rows.view(*rows.shape, *[1] * (x.ndim - rows.ndim))
