"""Image encoders for slices: one coarse level that tokens and memory read, and fine levels for the masks' borders."""

from typing import Protocol, cast

from torch import Tensor, nn
from torch.nn import functional as F

from segmem.core.errors import SettingsError
from segmem.nn.image_encoder import ImageEncoder
from segmem.nn.lapg_settings import PyramidSettings
from segmem.nn.lora import add_low_rank

LITE0 = "timm-tf_efficientnet_lite0"
SMALLEST = 32  # strides of trunks: a smaller grid would vanish


class Pyramid(Protocol):
    """Slices (B, 3, H, W) to levels. `stride` is of the coarse one, `channels` are of the fine ones, finest first."""

    stride: int
    channels: tuple[int, ...]

    def __call__(self, image: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """(B, C, h, w), and fine levels, finest first; each has twice the cells a side of the next."""
        ...


class LitePyramid(nn.Module):
    """EfficientNet-Lite0 and a feature pyramid down to the level of `stride`.

    Args:
        settings: stride and weights to begin with.
        width: C.
    """

    def __init__(self, settings: PyramidSettings, width: int) -> None:
        super().__init__()
        from segmentation_models_pytorch.encoders import get_encoder

        from segmem.nn.encoder_decoder import CLASSIFIER_PARTS, load_imagenet

        self.trunk = get_encoder(LITE0, weights=None)
        if settings.imagenet:
            load_imagenet(self.trunk, LITE0)
        for unused in CLASSIFIER_PARTS:
            delattr(self.trunk, unused)
        counts = list(self.trunk.out_channels)  # strides 1, 2, 4, 8, 16, 32
        self.stride = settings.stride
        self.first = 3 if settings.stride == 8 else 4
        self.channels = tuple(counts[1 : self.first])
        self.lateral = nn.ModuleList(nn.Conv2d(count, width, 1) for count in counts[self.first :])
        self.smooth = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False),
            nn.Conv2d(width, width, 1, bias=False),
            nn.BatchNorm2d(width),
        )

    def forward(self, image: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        levels = self.trunk(image)
        *finer, top = [
            lateral(level) for lateral, level in zip(self.lateral, levels[self.first :], strict=True)
        ]
        for level in reversed(finer):
            top = level + F.interpolate(top, level.shape[-2:], mode="nearest")
        return top + self.smooth(top), tuple(levels[1 : self.first])


class Sam2Pyramid(nn.Module):
    """SAM2's image encoder, under its parameter names.

    Args:
        settings: size of Hiera.
        width: C; SAM2's is 256.

    Raises:
        SettingsError: another stride than 16.
    """

    def __init__(self, settings: PyramidSettings, width: int) -> None:
        super().__init__()
        if settings.stride != 16:
            raise SettingsError("network.encoder.stride is 16 where network.encoder.trunk is sam2.")
        self.stride, self.channels = 16, (width, width)
        self.image_encoder = ImageEncoder(settings.sam2, width)

    def forward(self, image: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        fine, middle, top = self.image_encoder(image)
        return top, (fine, middle)


def make_pyramid(settings: PyramidSettings, width: int) -> Pyramid:
    """The encoder that the settings name; with `lora`, its linear layers have narrow changes beside them.

    Raises:
        SettingsError: no linear layers to change, or a stride that it has not.
    """
    if settings.trunk == "sam2":
        found: nn.Module = Sam2Pyramid(settings, width)
        if settings.tuning == "lora":
            add_low_rank(found, settings.rank)
        return cast(Pyramid, found)
    if settings.tuning == "lora":
        raise SettingsError(
            "network.encoder.tuning lora is for the trunk sam2; lite0 has no linear layers. Take full or frozen."
        )
    return cast(Pyramid, LitePyramid(settings, width))
