"""EfficientNet-Lite0 in the place of SAM2's image encoder: three levels of equal width from LAPG's pyramid."""

from torch import Tensor, nn

from segmem.nn.image_encoder import Lateral, Levels
from segmem.nn.lapg_settings import PyramidSettings
from segmem.nn.temporal_adapter import Passage
from segmem.nn.volume_pyramid import LitePyramid


class LiteEncoder(nn.Module):
    """What `ImageEncoder` is, on the trunk that LAPG has.

    Args:
        imagenet: begin with ImageNet weights from their registry package.
        width: channels of each level.
    """

    def __init__(self, imagenet: bool, width: int = 256) -> None:
        super().__init__()
        self.pyramid = LitePyramid(PyramidSettings(stride=16, imagenet=imagenet), width)
        _, fine, middle = self.pyramid.channels  # strides 2, 4 and 8
        self.laterals = nn.ModuleList(Lateral(channels, width) for channels in (fine, middle))

    def forward(
        self, image: Tensor, refine: tuple[nn.Conv2d, ...] = (), passage: Passage | None = None
    ) -> Levels:
        """Levels (B, width, H/4, W/4), (B, width, H/8, W/8), (B, width, H/16, W/16).

        Args:
            image: (B, 3, H, W); H and W are multiples of 16.
            refine: 1 x 1 convolutions of the finest levels; see `ImageEncoder.forward`.
            passage: not looked at, since there are no temporal adapters.
        """
        del passage
        top, (_, *finer) = self.pyramid(image)
        then = (*refine, None, None)[:2]
        fine, middle = (
            lateral(level, after) for lateral, level, after in zip(self.laterals, finer, then, strict=True)
        )
        return fine, middle, top
