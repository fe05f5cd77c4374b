"""Which 2D network a model stands on."""

from typing import Any, Literal

from pydantic import Field

from segmem.core import Settings


class NetworkSettings(Settings):
    """Which 2D network."""

    library: Literal["smp", "torchvision", "monai", "own"] = "smp"
    """segmentation_models_pytorch, torchvision.models.segmentation, monai.networks.nets, or your own, which is handed
    over in Python."""
    architecture: str = "Unet"
    """A class or function of the library."""
    encoder: str = "timm-tf_efficientnet_lite0"
    """Of segmentation_models_pytorch: one of its encoders; `tu-NAME` takes any timm model."""
    imagenet: bool = False
    """Begin the encoder with ImageNet weights from the registry package (EfficientNet-Lite0 only)."""
    pretrained: str | None = None
    """Begin the encoder with weights that segmentation_models_pytorch downloads, as `imagenet`."""
    feature: int = -1
    """Which entry of the encoder's feature list memory reads and writes; -1 is the deepest (stride 32)."""
    at: str | None = None
    """The layer whose output memory reads and writes, by its name in the network; none takes `feature`."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Further arguments of the architecture."""
