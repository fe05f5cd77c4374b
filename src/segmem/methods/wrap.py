"""Memory around a trained 2D network of the user's own."""

from collections.abc import Sequence
from pathlib import Path

from torch import nn

from segmem.core.errors import SettingsError
from segmem.methods.begin import fill_memory
from segmem.methods.build import build
from segmem.methods.load import find_weights
from segmem.methods.spec import ModelSpec
from segmem.methods.tmam import TmamSettings, Variant
from segmem.nn.network_settings import NetworkSettings
from segmem.nn.split_network import SplitNetwork
from segmem.ops.fit import FitSettings
from segmem.ops.intensity import IntensitySettings
from segmem.segmenter import MemorySegmenter


def tmam(
    network: nn.Module,
    at: str,
    *,
    classes: Sequence[str] | None = None,
    memory: Variant | TmamSettings = "segmem",
    weights: str | Path | None = None,
    fit: FitSettings | None = None,
    intensity: IntensitySettings | None = None,
    name: str = "tmam",
) -> MemorySegmenter:
    """Give any 2D segmentation network a memory (TMAM).

    The network keeps its weights and is not copied; with the memory `segmem` the model answers as it does until the
    memory is trained (`segmem.train`).

    Args:
        network: images (B, 3, H, W) to logits (B, K, h, w), or a dict with them under `out`.
        at: name of the layer whose output (B, C, h, w) memory reads and writes, best at stride 16, as in
            `network.named_modules()`.
        classes: names, background first; None counts them.
        memory: the variant: ours, the paper's or its released code's; or settings one by one.
        weights: trained memory attention and memory encoder to begin with: a TMAM model's or a SAM2.1 checkpoint's.
        fit: how frames come to the network's input; None scales the longer side to 320 pixels.
        intensity: what range of values it was trained on; None is ImageNet's mean and deviation.
        name: of the model.

    Raises:
        SettingsError: no such layer (the nearest names are told), or another number of classes.
        UsageError: the layer gives no feature map, or the network cannot be split there.
        UnknownModelError, FormatError, WeightsError: `weights` cannot be had, read, or are of another size.
    """
    count = SplitNetwork(network, at).classes
    if classes is not None and len(classes) != count:
        raise SettingsError(
            f"The network gives {count} classes and {len(classes)} are named; background is one of them."
        )
    spec = ModelSpec(
        name=name,
        classes=tuple(classes or ("background", *(f"class {one}" for one in range(1, count)))),
        network=NetworkSettings(library="own", architecture=type(network).__name__, at=at),
        tmam=memory if isinstance(memory, TmamSettings) else TmamSettings(variant=memory),
        fit=fit or FitSettings(),
        intensity=intensity or IntensitySettings(),
    )
    model = build(spec, network)
    assert isinstance(model, MemorySegmenter)  # noqa: S101  the method is tmam
    if weights is not None:
        fill_memory(model, find_weights(weights))
    return model
