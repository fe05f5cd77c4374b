"""Image encoder of SAM2: the Hiera trunk, then a pyramid of three levels of equal width."""

from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.nn.hiera import Hiera, HieraSettings
from segmem.nn.temporal_adapter import Passage

Levels = tuple[Tensor, Tensor, Tensor]


class Lateral(nn.Module):
    """A 1 x 1 convolution as a matrix product, under SAM2's parameter name."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, width, 1)

    def forward(self, x: Tensor, then: nn.Conv2d | None = None) -> Tensor:
        """(B, width, h, w) from (B, channels, h, w), both channels last in memory.

        Args:
            then: a 1 x 1 convolution of the result; the two become one product, which is smaller than either.
        """
        weight, bias = self.conv.weight[:, :, 0, 0], self.conv.bias
        if then is not None:
            after = then.weight[:, :, 0, 0]
            weight, bias = after @ weight, F.linear(self.conv.bias, after, then.bias)  # type: ignore[arg-type]
        cells = rearrange(x, "b c h w -> b h w c")
        return rearrange(F.linear(cells, weight, bias), "b h w c -> b c h w")


class FeaturePyramid(nn.Module):
    """Four stages brought to one width; the coarsest is only added to the one before it.

    SAM2 adds no coarser level to the two finest (`fpn_top_down_levels` 2 and 3) and gives out no level of
    stride 32 (`scalp` 1), so nothing else is computed.
    """

    def __init__(self, channels: tuple[int, int, int, int], width: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList(Lateral(count, width) for count in reversed(channels))

    def forward(self, stages: tuple[Tensor, ...], refine: tuple[nn.Conv2d, ...] = ()) -> Levels:
        """Levels of strides 4, 8 and 16 from the trunk's stages, fine to coarse; see `ImageEncoder.forward`."""
        then = (*refine, *[None] * (4 - len(refine)))
        level0, level1, level2, coarsest = (
            lateral(stage, after)
            for lateral, stage, after in zip(reversed(self.convs), stages, then, strict=True)
        )
        return level0, level1, level2 + F.interpolate(coarsest, scale_factor=2.0, mode="nearest")


class ImageEncoder(nn.Module):
    """SAM2's image encoder, under its parameter names (`image_encoder.*`).

    Args:
        settings: of the trunk.
        width: channels of each level.
    """

    def __init__(self, settings: HieraSettings, width: int = 256) -> None:
        super().__init__()
        self.trunk = Hiera(settings)
        self.neck = FeaturePyramid(settings.channels, width)

    def forward(
        self, image: Tensor, refine: tuple[nn.Conv2d, ...] = (), passage: Passage | None = None
    ) -> Levels:
        """Levels (B, width, H/4, W/4), (B, width, H/8, W/8), (B, width, H/16, W/16), channels last in memory.

        Args:
            image: (B, 3, H, W).
            refine: 1 x 1 convolutions of the finest levels: with the mask decoder's `(conv_s0, conv_s1)` the first
                two levels come out as its skips, and the wide ones, which nothing else reads, are never made.
            passage: of an encoder with temporal adapters.

        Raises:
            GeometryError: H or W is not a multiple of 32.
        """
        out: Levels = self.neck(self.trunk(image, passage), refine)
        return out
