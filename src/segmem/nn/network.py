"""A 2D network by its library and name, split where memory goes in."""

import warnings

from torch import nn

from segmem.core.errors import MissingExtraError, SettingsError, nearest
from segmem.nn.encoder_decoder import EncoderDecoder, smp_network
from segmem.nn.network_settings import NetworkSettings
from segmem.nn.split_network import SplitNetwork


def make_network(
    settings: NetworkSettings, classes: int, own: nn.Module | None = None
) -> EncoderDecoder | SplitNetwork:
    """A network with fresh weights.

    Args:
        settings: which.
        classes: output channels, background included.
        own: a user's network, for the library `own`.

    Raises:
        SettingsError: no such network or layer, or one with another number of classes.
        UsageError: it cannot be split at that layer.
        MissingExtraError: its library is not installed.
    """
    if settings.library == "smp" and settings.at is None:
        return EncoderDecoder(settings, classes)
    if settings.at is None:
        raise SettingsError(
            f"network.at: name the layer of {settings.architecture} whose output memory reads and writes,"
            " as in encoder.layer4."
        )
    network = SplitNetwork(_whole(settings, classes, own), settings.at)
    if network.classes != classes:
        raise SettingsError(
            f"The network gives {network.classes} classes and {classes} are named; background is one of them."
        )
    return network


def _whole(settings: NetworkSettings, classes: int, own: nn.Module | None) -> nn.Module:
    if settings.library == "own":
        if own is None:
            raise SettingsError(
                f"This model stands on a network of your own ({settings.architecture}), which no file can bring."
                " Hand it over in Python: segmem.load(path, network=my_network)."
            )
        return own
    if settings.library == "smp":
        whole: nn.Module = smp_network(settings, classes)
        return whole
    return _torchvision(settings, classes) if settings.library == "torchvision" else _monai(settings, classes)


def _torchvision(settings: NetworkSettings, classes: int) -> nn.Module:
    from torchvision.models import get_model, list_models, segmentation

    known = list_models(module=segmentation)
    if settings.architecture not in known:
        raise SettingsError(
            f"network.architecture {settings.architecture!r} is not in torchvision.models.segmentation."
            + nearest(settings.architecture, known)
        )
    fixed = {"weights": None, "weights_backbone": None, "num_classes": classes}
    network: nn.Module = get_model(settings.architecture, **{**fixed, **settings.options})
    return network


def _monai(settings: NetworkSettings, classes: int) -> nn.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its own, at import
            from monai.networks import nets
    except ImportError as error:
        raise MissingExtraError("Networks of MONAI need the extra: pip install 'segmem[train]'.") from error
    known = [
        name for name, kind in vars(nets).items() if isinstance(kind, type) and issubclass(kind, nn.Module)
    ]
    if settings.architecture not in known:
        raise SettingsError(
            f"network.architecture {settings.architecture!r} is not in monai.networks.nets."
            + nearest(settings.architecture, known)
        )
    given = {"spatial_dims": 2, "in_channels": 3, "out_channels": classes} | settings.options
    try:
        network: nn.Module = getattr(nets, settings.architecture)(**given)
    except (TypeError, ValueError) as error:
        raise SettingsError(f"network.options: {settings.architecture} cannot be built: {error}") from error
    return network
