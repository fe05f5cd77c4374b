"""Memory encoder of SAM2: a feature map and a mask become what is remembered."""

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.core import Settings

MASK_STRIDE = 16  # mask pixels to a memory cell


class MemoryEncoderSettings(Settings):
    """Size of the memory encoder; the defaults are SAM2's."""

    width: int = 256
    """Channels of the feature map."""
    memory_width: int = 64
    """Channels of a memory token."""
    blocks: int = 2
    """ConvNeXt blocks that fuse feature and mask."""


class ChannelNorm(nn.Module):
    """Layer norm over the channels of (B, C, h, w)."""

    def __init__(self, channels: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        last = F.layer_norm(x.permute(0, 2, 3, 1), self.weight.shape, self.weight, self.bias, self.eps)
        return last.permute(0, 3, 1, 2)


class MaskDownSampler(nn.Module):
    """A mask (B, 1, 16 h, 16 w) to features (B, width, h, w): four strided convolutions."""

    def __init__(self, width: int) -> None:
        super().__init__()
        steps: list[nn.Module] = []
        channels = 1
        for _ in range(4):
            steps += [nn.Conv2d(channels, channels * 4, 3, 2, 1), ChannelNorm(channels * 4), nn.GELU()]
            channels *= 4
        self.encoder = nn.Sequential(*steps, nn.Conv2d(channels, width, 1))

    def forward(self, mask: Tensor) -> Tensor:
        out: Tensor = self.encoder(mask)
        return out


class FuserBlock(nn.Module):
    """A ConvNeXt block with layer scale."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = ChannelNorm(width)
        self.pwconv1 = nn.Linear(width, 4 * width)
        self.pwconv2 = nn.Linear(4 * width, width)
        self.gamma = nn.Parameter(torch.full((width,), 1e-6))

    def forward(self, x: Tensor) -> Tensor:
        y = rearrange(self.norm(self.dwconv(x)), "b c h w -> b h w c")
        y = self.gamma * self.pwconv2(F.gelu(self.pwconv1(y)))
        out: Tensor = x + rearrange(y, "b h w c -> b c h w")
        return out


class Fuser(nn.Module):
    """Blocks in a row."""

    def __init__(self, settings: MemoryEncoderSettings) -> None:
        super().__init__()
        self.layers = nn.Sequential(*(FuserBlock(settings.width) for _ in range(settings.blocks)))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.layers(x)
        return out


class MemoryEncoder(nn.Module):
    """Feature map plus downsampled mask, fused and narrowed; SAM2's parameter names.

    Args:
        settings: size.
        masks: brings masks to the features' grid in place of SAM2's own convolutions.
    """

    def __init__(self, settings: MemoryEncoderSettings, masks: nn.Module | None = None) -> None:
        super().__init__()
        self.mask_downsampler = MaskDownSampler(settings.width) if masks is None else masks
        self.pix_feat_proj = nn.Conv2d(settings.width, settings.width, 1)
        self.fuser = Fuser(settings)
        self.out_proj = nn.Conv2d(settings.width, settings.memory_width, 1)

    def forward(self, features: Tensor, mask: Tensor, codes: Tensor | None = None) -> Tensor:
        """(R, memory_width, h, w) from features (B, width, h, w) and mask logits (R, 1, 16 h, 16 w).

        R is a multiple of B: several objects on one image share its features. The mask is used as given: SAM2
        hands in 20 * probability - 10. With `codes` (K, width) there are K masks to a memory, (R, K, 16 h, 16 w);
        each is weighted by its code, channel by channel, and they are added.
        """
        seen = self.pix_feat_proj(features)
        if seen.shape[0] != mask.shape[0]:
            seen = seen.repeat_interleave(mask.shape[0] // seen.shape[0], dim=0)
        told = self.mask_downsampler(mask) if codes is None else self._coded(mask, codes)
        fused = self.fuser(seen + told)
        out: Tensor = self.out_proj(fused)
        return out

    def _coded(self, masks: Tensor, codes: Tensor) -> Tensor:
        down = self.mask_downsampler(rearrange(masks, "r k h w -> (r k) 1 h w"))
        apart = rearrange(down, "(r k) c h w -> r k c h w", k=masks.shape[1])
        return torch.einsum("rkchw,kc->rchw", apart, codes.to(apart.dtype))
