"""Trained parts into a fresh TMAM model: a 2D network out of anyone's checkpoint, a memory out of ours or SAM2's."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from segmem.core.errors import WeightsError
from segmem.io.hub import read_weights
from segmem.methods.load import COUNTER, grouped
from segmem.nn.upstream import family, to_official
from segmem.segmenter import MemorySegmenter

CLASSIFIER = ("encoder.conv_head.", "encoder.bn2.")  # of EfficientNets: in checkpoints, never run
PARTS = ("memory_attention", "memory_encoder")  # of a memory that fit any feature
AROUND = ("project", "evidence.match", "evidence.stay")
"""Parts that read features and write none; they fit where features have as many channels."""
CODE = "temporal_code.maskmem_tpos_enc"
RECENCY = ".recency"
"""How far class evidence trusts each rank: a matter of how many frames are kept, and how often."""


def fill_network(model: MemorySegmenter, path: Path) -> None:
    """Give the 2D network the weights of a checkpoint of the same network; the memory keeps its own.

    What Lightning, DistributedDataParallel, `torch.compile` or a class of one's own put before every name is
    found out and dropped; tensors outside it (a loss, an average) are not looked at.

    Args:
        model: whose network is filled.
        path: a `.pt`, `.pth`, `.ckpt`, `.bin` or `.safetensors` file.

    Raises:
        FormatError: the file is damaged, or could be read only by running what it brings.
        WeightsError: its tensors are not the network's; the network is untouched.
    """
    network = model.get_submodule("network")
    ours = network.state_dict()
    found = _under_prefix(read_weights(path), list(ours))
    theirs = {name: value for name, value in found.items() if not name.startswith(CLASSIFIER)}
    _put(network, theirs, path, "the 2D network")


def fill_memory(model: MemorySegmenter, path: Path) -> list[str]:
    """Give memory attention and memory encoder the weights of a trained TMAM or a SAM2; the rest keeps its own.

    A memory of ours brings its code of recency too, as far as both reach back; and where it is of the same size here,
    what reads features for it: the projection to memory's width, the keys of the class evidence. What writes to the
    2D network begins as nothing, as ever.

    Returns:
        the parts that were given weights.

    Raises:
        FormatError: the file is damaged, or could be read only by running what it brings.
        WeightsError: it holds no memory, or one of another size; the memory is untouched.
    """
    tensors = read_weights(path)
    tensors = to_official(tensors) if family(tensors) in ("sam2", "sam2-hf") else tensors
    memory = model.get_submodule("memory")
    ours = [name for name in memory.state_dict() if name.startswith(PARTS)]
    found = _under_prefix(tensors, ours)
    if not any(name.startswith(PARTS) for name in found):
        raise WeightsError(f"{path}: holds no memory attention and memory encoder of SAM2's kind.")
    parts = nn.ModuleDict({name: memory.get_submodule(name) for name in PARTS})
    theirs = {name: value for name, value in found.items() if name.startswith(PARTS)}
    _put(parts, theirs, path, "the memory (model.tmam.attention sets its size)")
    around = [part for part in AROUND if _put_where_it_fits(memory, part, found)]
    if CODE in found and CODE in memory.state_dict():
        code = memory.get_parameter(CODE)
        reach = min(len(code), len(found[CODE]))
        with torch.no_grad():
            code[:reach] = found[CODE][:reach].to(code)
    return [*PARTS, *around]


def _put_where_it_fits(memory: nn.Module, part: str, found: Mapping[str, Tensor]) -> bool:
    """Whether both have `part`, of the same size; then `memory` has it from `found`, and its own trust in each rank."""
    ours = {
        name: value
        for name, value in memory.state_dict().items()
        if name.startswith(f"{part}.") and not name.endswith(RECENCY)
    }
    fits = all(name in found and found[name].shape == value.shape for name, value in ours.items())
    if not ours or not fits:
        return False
    memory.load_state_dict({name: found[name].to(value) for name, value in ours.items()}, strict=False)
    return True


def _under_prefix(tensors: Mapping[str, Tensor], names: Sequence[str]) -> dict[str, Tensor]:
    """What lies under the prefix that fits most of `names`, without it; the shortest of equal ones."""
    known = {name: name for name in names if not name.endswith(COUNTER)}
    prefixes: Counter[str] = Counter()
    for name in tensors:
        parts = name.split(".")
        prefixes.update(
            ".".join([*parts[:cut], ""]) for cut in range(len(parts)) if ".".join(parts[cut:]) in known
        )
    best = max(prefixes, key=lambda prefix: (prefixes[prefix], -len(prefix)), default="")
    return {name.removeprefix(best): value for name, value in tensors.items() if name.startswith(best)}


def _put(module: nn.Module, tensors: Mapping[str, Tensor], path: Path, what: str) -> None:
    ours = module.state_dict()
    wanted = {name: value for name, value in ours.items() if not name.endswith(COUNTER)}
    given = {name: value for name, value in tensors.items() if not name.endswith(COUNTER)}
    odd = {
        "missing": [name for name in wanted if name not in given],
        "unexpected": [name for name in given if name not in wanted],
        "of another shape": [n for n in given if n in wanted and given[n].shape != wanted[n].shape],
    }
    if any(odd.values()):
        told = "; ".join(f"{len(names)} {kind} ({grouped(names)})" for kind, names in odd.items() if names)
        raise WeightsError(
            f"{path}: its tensors are not those of {what}: {told}.{_classes(odd, given, wanted)}"
        )
    module.load_state_dict({name: value.to(ours[name]) for name, value in given.items()}, strict=False)


def _classes(
    odd: Mapping[str, Sequence[str]], given: Mapping[str, Tensor], wanted: Mapping[str, Tensor]
) -> str:
    """What to do where only the last layer differs: another number of classes."""
    shapes = odd["of another shape"]
    if odd["missing"] or odd["unexpected"] or len({name.rpartition(".")[0] for name in shapes}) != 1:
        return ""
    theirs, ours = len(given[shapes[0]]), len(wanted[shapes[0]])
    return f" It has {theirs} classes, model.classes names {ours} (background is one)."
