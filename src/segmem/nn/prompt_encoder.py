"""Prompt encoder of SAM: points, box corners and a mask become what the mask decoder reads."""

import math

import torch
from einops import rearrange
from torch import Tensor, nn

from segmem.nn.memory_encoder import ChannelNorm
from segmem.nn.positions import Grid


class FourierPlaces(nn.Module):
    """Random Fourier code of places in 0..1 (Tancik et al. 2020; SAM's `pe_layer`)."""

    positional_encoding_gaussian_matrix: Tensor  # 2 C/2: frequencies of x, frequencies of y

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("positional_encoding_gaussian_matrix", torch.randn(2, width // 2))

    def forward(self, places: Tensor) -> Tensor:
        """(..., C) from (..., 2) places (x, y) in 0..1. Always float32: half precision would move the points."""
        with torch.autocast(places.device.type, enabled=False):
            turns = (2 * places.float() - 1) @ self.positional_encoding_gaussian_matrix.float()
            return torch.cat([(2 * math.pi * turns).sin(), (2 * math.pi * turns).cos()], dim=-1)

    def grid(self, grid: Grid) -> Tensor:
        """(h, w, C): the code of each cell's middle.

        Angles add up over x and y, so the sum formulas need h + w sines in place of h * w.
        """
        across, down = self.positional_encoding_gaussian_matrix.float()
        sin_y, cos_y = _turned(grid[0], down, dim=1)
        sin_x, cos_x = _turned(grid[1], across, dim=0)
        return torch.cat([sin_x * cos_y + cos_x * sin_y, cos_x * cos_y - sin_x * sin_y], dim=-1)


def _turned(length: int, rate: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """Sine and cosine of the places along one axis, with an axis of 1 at `dim` for the other."""
    place = (torch.arange(length, device=rate.device) + 0.5) / length
    angle = (2 * math.pi * (2 * place - 1)[:, None] * rate).unsqueeze(dim)
    return angle.sin(), angle.cos()


class PromptEncoder(nn.Module):
    """Points, box corners and masks of SAM and SAM2, under their parameter names (`sam_prompt_encoder.*`).

    Args:
        width: C, channels of what the decoder reads.
        mask_channels: hidden channels on the way from a mask to the feature grid.
    """

    def __init__(self, width: int = 256, mask_channels: int = 16) -> None:
        super().__init__()
        self.pe_layer = FourierPlaces(width)
        self.point_embeddings = nn.ModuleList(nn.Embedding(1, width) for _ in range(4))
        self.not_a_point_embed = nn.Embedding(1, width)
        self.mask_downscaling = nn.Sequential(
            nn.Conv2d(1, mask_channels // 4, 2, 2),
            ChannelNorm(mask_channels // 4),
            nn.GELU(),
            nn.Conv2d(mask_channels // 4, mask_channels, 2, 2),
            ChannelNorm(mask_channels),
            nn.GELU(),
            nn.Conv2d(mask_channels, width, 1),
        )
        self.no_mask_embed = nn.Embedding(1, width)

    def positions(self, grid: Grid) -> Tensor:
        """(1, C, h, w): where each cell of the feature grid is."""
        return rearrange(self.pe_layer.grid(grid), "h w c -> 1 c h w")

    def points(self, coords: Tensor, labels: Tensor, size: tuple[int, int]) -> Tensor:
        """(R, P, C) tokens.

        Args:
            coords: (R, P, 2) x and y in pixels, 0 the first pixel; the half pixel to its middle is added here.
                Those of padding may hold anything, NaN too.
            labels: (R, P) integers: 1 inside, 0 outside, 2 and 3 a box's top left and bottom right corner,
                -1 padding. SAM and SAM2 add one padding point wherever there are points: the caller's to do.
            size: (H, W) pixels of the network's input.
        """
        scale = coords.new_tensor([size[1], size[0]])
        places = self.pe_layer((coords + 0.5) / scale)
        kinds = [self.not_a_point_embed, *self.point_embeddings]
        said = torch.cat([kind.get_parameter("weight") for kind in kinds])[labels.long() + 1]
        return torch.where((labels == -1)[..., None], said, places.to(said) + said)

    def mask(self, logits: Tensor) -> Tensor:
        """(R, C, h, w) from mask logits (R, 1, 4 h, 4 w)."""
        out: Tensor = self.mask_downscaling(logits)
        return out

    def no_mask(self, grid: Grid) -> Tensor:
        """(1, C, h, w): what takes the place of `mask` where there is none."""
        return rearrange(self.no_mask_embed.weight, "1 c -> 1 c 1 1").expand(-1, -1, *grid)
