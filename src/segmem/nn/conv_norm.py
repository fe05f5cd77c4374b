"""Convolutions with their norm folded in, on (B, h, w, C): TinyViT's, and its bottleneck of three."""

from collections.abc import Iterator

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.nn.strips import joined, rows_at_once, strips


class ConvNorm(nn.Module):
    """A convolution and its batch norm as one affine map.

    The norm always uses the statistics it was trained with: training the network around it does not move them.
    """

    def __init__(self, dim: int, out: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.c = nn.Conv2d(dim, out, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(out)

    def fold(self) -> tuple[Tensor, Tensor]:
        """Weight and bias of the one convolution that does what both do: (out, dim / groups, k, k) and (out,)."""
        assert self.bn.running_mean is not None  # noqa: S101  as BatchNorm2d is built
        assert self.bn.running_var is not None  # noqa: S101
        scale = self.bn.weight * torch.rsqrt(self.bn.running_var + self.bn.eps)
        return self.c.weight * scale[:, None, None, None], self.bn.bias - self.bn.running_mean * scale

    def fold_pointwise(self) -> tuple[Tensor, Tensor]:
        """The same for a 1x1 kernel, as a matrix (out, dim) and a bias."""
        weight, bias = self.fold()
        return weight.flatten(1), bias


def depthwise(x: Tensor, weight: Tensor, bias: Tensor, stride: int, padding: tuple[int, int]) -> Tensor:
    """A depthwise convolution of (B, h, w, C)."""
    out = F.conv2d(rearrange(x, "b h w c -> b c h w"), weight, bias, stride, padding, groups=len(bias))
    return rearrange(out, "b c h w -> b h w c")


class Bottleneck(nn.Module):
    """Widen, look at the neighbours, narrow: 1x1, depthwise 3x3, 1x1. With `residual` what goes in is added.

    Done strip by strip with a row of the neighbours above and below: what is in between never leaves the cache,
    and the result is the same.
    """

    def __init__(self, dim: int, hidden: int, out: int, stride: int = 1, residual: bool = False) -> None:
        super().__init__()
        self.conv1 = ConvNorm(dim, hidden)
        self.conv2 = ConvNorm(hidden, hidden, 3, stride, groups=hidden)
        self.conv3 = ConvNorm(hidden, out)
        self.stride, self.residual, self.hidden = stride, residual, hidden

    def forward(self, x: Tensor) -> Tensor:
        """(B, h / stride, w / stride, out) from (B, h, w, dim); sides are rounded up."""
        height = -(-x.shape[1] // self.stride)
        return joined(self._strips(x, height, max(1, rows_at_once(x, self.hidden) // self.stride)), height)

    def _strips(self, x: Tensor, height: int, rows: int) -> Iterator[Tensor]:
        widen, mix, narrow = self.conv1.fold_pointwise(), self.conv2.fold(), self.conv3.fold_pointwise()
        for top, end in strips(height, rows):
            first, last = (
                top * self.stride - 1,
                (end - 1) * self.stride + 2,
            )  # with a neighbour on either side
            above, below = max(-first, 0), max(last - x.shape[1], 0)
            y = F.gelu(F.linear(x[:, first + above : last - below], *widen))
            if above or below:
                y = F.pad(y, (0, 0, 0, 0, above, below))
            y = F.linear(F.gelu(depthwise(y, *mix, self.stride, (0, 1))), *narrow)
            yield F.gelu(y + x[:, top:end]) if self.residual else y
