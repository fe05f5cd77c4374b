"""Which part of a promptable network a parameter belongs to, by its name."""

from collections.abc import Iterator
from typing import Literal, get_args

from torch import nn

Part = Literal["encoder", "adapters", "prompts", "decoder", "memory", "cases"]
NEW: tuple[Part, ...] = ("adapters", "memory", "cases")
"""Those that no published network brings."""
PARTS: tuple[Part, ...] = get_args(Part)


def part_of(name: str) -> Part:
    """Of a parameter of SAM2, MedSAM2 or LiteMedSAM, under the published names with anything before them.

    Adapters stand within the image encoder; the reader of other cases stands beside the network; what is in none of
    the published parts makes the network remember.
    """
    if name.startswith("across."):
        return "cases"
    if "adapter" in name:
        return "adapters"
    if "image_encoder" in name:
        return "encoder"
    if "prompt_encoder" in name:
        return "prompts"
    return "decoder" if "mask_decoder" in name else "memory"


def parameters_of(network: nn.Module, part: Part) -> Iterator[nn.Parameter]:
    """Those of one part."""
    return (parameter for name, parameter in network.named_parameters() if part_of(name) == part)
