"""Low-rank changes of linear layers that keep their own weights (LoRA: Hu et al., 2021)."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class LowRankLinear(nn.Linear):
    """A linear layer W x + b that learns W + B A alone; A and B are narrow and B starts at zero.

    The layer's own names stay, so that published weights fit.

    Args:
        like: the layer; its weights are shared.
        rank: rows of A.
    """

    def __init__(self, like: nn.Linear, rank: int) -> None:
        super().__init__(like.in_features, like.out_features, like.bias is not None, device="meta")
        self.weight, self.bias = like.weight, like.bias
        self.lora_a = nn.Parameter(torch.randn(rank, like.in_features) * like.in_features**-0.5)
        self.lora_b = nn.Parameter(torch.zeros(like.out_features, rank))

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + F.linear(F.linear(x, self.lora_a), self.lora_b)


def add_low_rank(module: nn.Module, rank: int) -> None:
    """Give every linear layer within `module` such a change, in place."""
    for name, child in list(module.named_children()):
        if isinstance(child, nn.Linear):
            setattr(module, name, LowRankLinear(child, rank))
        else:
            add_low_rank(child, rank)


def is_low_rank(name: str) -> bool:
    """Whether a parameter of that name is one of the narrow matrices."""
    return name.endswith((".lora_a", ".lora_b"))
