"""Which part of a promptable network a parameter belongs to, by its name."""

from collections.abc import Iterator
from typing import Literal, get_args

from torch import nn

Part = Literal["encoder", "adapters", "prompts", "decoder", "masks", "memory", "attention", "cases"]
NEW: tuple[Part, ...] = ("adapters", "memory", "attention", "cases")
"""Those that no published network brings."""
ATTENTION = "memory_attention."
PARTS: tuple[Part, ...] = tuple(part for part in get_args(Part) if part != "attention")
"""Those that share no parameter; memory's attention is a part of memory."""


def part_of(name: str) -> Part:
    """Of a parameter of SAM2, MedSAM2 or LiteMedSAM, under the published names with anything before them.

    Adapters stand within the image encoder; the reader of other cases stands beside the network; what is in none of
    the published parts makes the network remember.
    """
    if name.startswith("across."):
        return "cases"
    if "adapter" in name:
        return "adapters"
    if "mask_reader" in name:
        return "masks"
    if "image_encoder" in name:
        return "encoder"
    if "prompt_encoder" in name:
        return "prompts"
    return "decoder" if "mask_decoder" in name else "memory"


def parameters_of(network: nn.Module, part: Part) -> Iterator[nn.Parameter]:
    """Those of one part. `attention` is the part of memory that looks back, and makes no entries."""
    if part == "attention":
        return (parameter for name, parameter in network.named_parameters() if ATTENTION in name)
    return (parameter for name, parameter in network.named_parameters() if part_of(name) == part)
