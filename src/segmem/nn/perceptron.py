"""A small stack of linear layers with ReLU between them, under SAM's parameter names."""

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional as F


class Perceptron(nn.Module):
    """Linear layers `layers.0`, `layers.1`, ... with ReLU between them (SAM's MLP).

    Args:
        dim_in: channels of the input.
        hidden: channels between the layers.
        dim_out: channels of the output.
        layers: how many linear layers, at least 1.
        sigmoid: bring the output to 0..1.
    """

    def __init__(self, dim_in: int, hidden: int, dim_out: int, layers: int, sigmoid: bool = False) -> None:
        super().__init__()
        widths = [dim_in, *[hidden] * (layers - 1), dim_out]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        self.sigmoid = sigmoid

    def forward(self, x: Tensor) -> Tensor:
        """(..., dim_out) from (..., dim_in)."""
        *inner, last = self.layers
        for layer in inner:
            x = F.relu(layer(x))
        x = last(x)
        return x.sigmoid() if self.sigmoid else x
