"""Which encoder a model makes memories with, as a bank of other cases names it."""

from hashlib import sha256

import torch
from torch import nn

from segmem.core.errors import UsageError
from segmem.memory.bank_file import Encoder
from segmem.nn.litemedsam_memory import LiteMedSamMemory
from segmem.nn.sam2_network import Sam2Network
from segmem.ops.fit import plan
from segmem.prompted import PromptedSegmenter
from segmem.state import Segmenter


def encoder_of(model: Segmenter, name: str) -> Encoder:
    """Image encoder and memory encoder of a model, by a hash of their weights.

    Weights are hashed in bfloat16, as files hold them: a model and its saved copy are the same.

    Args:
        model: of a method with a memory of other cases.
        name: what the model is called.

    Raises:
        UsageError: the method has no such memory.
    """
    if not isinstance(model, PromptedSegmenter) or model.across is None:
        raise UsageError(
            f"{name} has no memory of other cases, so it takes no bank. Methods that have one: samed2."
        )
    total = sha256()
    for part in _makers(model.get_submodule("network")):
        for key, value in sorted(part.state_dict().items()):
            if value.is_floating_point():
                total.update(key.encode())
                total.update(value.to("cpu", torch.bfloat16).contiguous().view(torch.uint8).numpy().tobytes())
    longest = model.spec.fit.longest
    grid = (0, 0) if longest is None else plan((longest, longest), model.spec.fit).grid
    return Encoder(name=name, sha256=total.hexdigest(), input_size=grid)


def _makers(network: nn.Module) -> tuple[nn.Module, ...]:
    if isinstance(network, LiteMedSamMemory):
        return network.base.image_encoder, network.memory.project, network.memory.memory_encoder
    if isinstance(network, Sam2Network):
        return network.image_encoder, network.memory_encoder
    raise TypeError(f"a {type(network).__name__} makes no memories of cases")
