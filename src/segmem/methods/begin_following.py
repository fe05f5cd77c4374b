"""A trained memory of LiteMedSAM's into a fresh model that stands on it."""

from pathlib import Path

from segmem.core.errors import SettingsError, WeightsError
from segmem.io.hub import read_weights
from segmem.methods.load import COUNTER, LITEMEDSAM, SHIPPED, grouped
from segmem.methods.trained_base import fill_trained
from segmem.nn.litemedsam_memory import LiteMedSamMemory
from segmem.nn.upstream import family
from segmem.prompted import PromptedSegmenter

OWN = "memory."  # before its names, in a file of the method `samed2`


def fill_following(model: PromptedSegmenter, path: Path) -> None:
    """Give the memory that follows objects the weights of a trained one, with what was trained of the network below it;
    temporal adapters and the reader of other cases keep their own.

    Args:
        model: of the method `litemedsam`, or of `samed2` on it.
        path: of a model of either, with a memory of the same size; or of LiteMedSAM as published, which stands for the
            memory that ships for it.

    Raises:
        SettingsError: the model stands on another network.
        WeightsError: the file holds no such memory, or one of another size; the model is untouched.
    """
    network = model.get_submodule("network")
    if not isinstance(network, LiteMedSamMemory):
        raise SettingsError(
            "memory_from: of promptable networks, only those on LiteMedSAM begin with a memory."
        )
    everything = read_weights(path)
    if family(everything) == "litemedsam":  # the published network; its memory ships with us
        everything = read_weights(SHIPPED / LITEMEDSAM)
    tensors = {name: value for name, value in everything.items() if not name.startswith("base.")}
    if any(name.startswith(OWN) for name in tensors):
        tensors = {n.removeprefix(OWN): value for n, value in tensors.items() if n.startswith(OWN)}
    ours = network.memory.state_dict()
    odd = [n for n in tensors if n not in ours or ours[n].shape != tensors[n].shape]
    odd += [name for name in ours if name not in tensors and not name.endswith(COUNTER)]
    if odd:
        raise WeightsError(
            f"{path}: not a memory of this model's: {len(odd)} tensors ({grouped(odd)}). Its size is set by"
            " litemedsam.memory."
        )
    fill_trained(model, {n: v for n, v in everything.items() if n.startswith("base.")}, path)
    network.memory.load_state_dict({n: v.to(ours[n].dtype) for n, v in tensors.items()}, strict=False)
