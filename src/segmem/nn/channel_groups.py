"""A feature map cut into groups of channels, as TMAM feeds it to a memory attention of fixed width."""

import torch
from einops import rearrange
from torch import Tensor


def group_count(channels: int, width: int) -> int:
    """Whole groups of `width` in so many channels; 1 where there are fewer."""
    return max(1, channels // width)


def cut(feature: Tensor, width: int) -> Tensor:
    """(B, C, h, w) to (B * G, width, h, w). Channels that fill no group are left out; too few begin again."""
    groups = group_count(feature.shape[1], width)
    while feature.shape[1] < width:
        feature = torch.cat([feature, feature[:, : width - feature.shape[1]]], dim=1)
    return rearrange(feature[:, : groups * width], "b (g c) h w -> (b g) c h w", g=groups)


def put_back(groups: Tensor, feature: Tensor) -> Tensor:
    """`feature` (B, C, h, w) with its channels replaced by what became of its groups; the rest is its own."""
    joined = rearrange(groups, "(b g) c h w -> b (g c) h w", b=feature.shape[0])
    channels = feature.shape[1]
    return torch.cat([joined[:, :channels], feature[:, joined.shape[1] :]], dim=1)
