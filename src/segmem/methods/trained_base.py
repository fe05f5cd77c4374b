"""What was trained of the published network under LiteMedSAM's memory, into a weights file and out of it."""

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor, nn

from segmem.core.errors import WeightsError
from segmem.nn.litemedsam import LiteMedSam
from segmem.nn.litemedsam_memory import LiteMedSamMemory

BASE = "base."  # before its names, in a file of the memory
TOLD = 3


def trained_of(model: nn.Module) -> dict[str, Tensor]:
    """The tensors that differ from the published ones, as a file names them; none of other networks."""
    base = base_of(model)
    return {} if base is None else {BASE + name: value for name, value in base.changed().items()}


def fill_trained(model: nn.Module, tensors: Mapping[str, Tensor], path: Path) -> dict[str, Tensor]:
    """Put them in the place of the published ones; what is left of `tensors`.

    Raises:
        WeightsError: they are of another network; `path` is named, and the model is untouched.
    """
    base = base_of(model)
    if base is None:
        return dict(tensors)
    changed = {name.removeprefix(BASE): v for name, v in tensors.items() if name.startswith(BASE)}
    ours = base.state_dict()
    odd = [name for name, v in changed.items() if name not in ours or ours[name].shape != v.shape]
    if odd:
        raise WeightsError(f"{path}: not of this LiteMedSAM: {len(odd)} tensors ({', '.join(odd[:TOLD])}).")
    base.load_state_dict({name: v.to(ours[name].dtype) for name, v in changed.items()}, strict=False)
    return {name: value for name, value in tensors.items() if not name.startswith(BASE)}


def base_of(model: nn.Module) -> LiteMedSam | None:
    """The network under LiteMedSAM's memory; None of other methods."""
    network = model.get_submodule("network")
    return network.base if isinstance(network, LiteMedSamMemory) else None
