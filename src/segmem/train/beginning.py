"""The model as a run begins: fresh, from other weights, or from where it was stopped."""

from pathlib import Path

from torch import nn

from segmem.core.errors import SettingsError
from segmem.io.tensors import read_tensors
from segmem.methods.begin import fill_memory, fill_network
from segmem.methods.begin_following import fill_following
from segmem.methods.build import build
from segmem.methods.from_sam2 import fill_from_sam2
from segmem.methods.load import Model, fill, find_weights
from segmem.prompted import PromptedSegmenter
from segmem.segmenter import MemorySegmenter
from segmem.train.checkpoint import Position, checkpoints, latest, read_position, restore
from segmem.train.log import say
from segmem.train.settings import TrainSettings
from segmem.volumetric import VolumeSegmenter


def begun(
    settings: TrainSettings, network: nn.Module | None = None, folder: Path | None = None
) -> tuple[Model, Position]:
    """The model and how far it has come.

    Args:
        settings: of the run.
        network: your own 2D network, where the model is built around one.
        folder: checkpoints of a run to go on with; there may be none yet.

    Raises:
        SettingsError: weights are to be taken that the method has no place for, or the 2D network has none and no
            stage trains it.
        WeightsError: they are of another network.
    """
    model = _fresh(settings, network)
    if folder is None or not checkpoints(folder):
        return model, Position()
    path = latest(folder)
    position = read_position(path)
    restore(path, model, None)
    return model, position


def _fresh(settings: TrainSettings, network: nn.Module | None) -> Model:
    if network is None:
        _check_network_is_taught(settings)
    model = build(settings.model, network)
    if settings.begin_from is not None:
        path = find_weights(settings.begin_from)
        fill(model, read_tensors(path), path)
    if isinstance(model, VolumeSegmenter) and settings.network_from is not None:
        say(f"From SAM2: {', '.join(fill_from_sam2(model, find_weights(settings.network_from)))}.")
        return model
    if isinstance(model, PromptedSegmenter) and settings.network_from is None:
        if settings.memory_from is not None:
            fill_following(model, find_weights(settings.memory_from))
        return model
    if settings.network_from is not None or settings.memory_from is not None:
        if not isinstance(model, MemorySegmenter):
            raise SettingsError(
                "network_from and memory_from are for the method tmam; network_from for lapg too, and memory_from for"
                " litemedsam and samed2."
            )
        if settings.network_from is not None:
            fill_network(model, find_weights(settings.network_from))
        if settings.memory_from is not None:
            parts = fill_memory(model, find_weights(settings.memory_from))
            say(f"From {settings.memory_from}: {', '.join(parts)}.")
    return model


def _check_network_is_taught(settings: TrainSettings) -> None:
    """No memory is trained around a 2D network that knows nothing and never will."""
    begun = settings.begin_from is not None or settings.network_from is not None
    if settings.model.method != "tmam" or begun:
        return
    if all(stage.train in {"memory", "gate"} for stage in settings.stages):
        raise SettingsError(
            "No stage trains the 2D network, which would stay as random as it began. Name the checkpoint of a trained"
            " one (network_from), or train it first, as the preset tmam-endovis15 does."
        )
