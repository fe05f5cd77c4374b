"""TMAM: SAM2's memory plugged into any 2D encoder-decoder (Jmees, 2025)."""

from typing import Any, Literal

from pydantic import model_validator
from torch import nn

from segmem.memory import Fifo
from segmem.methods.variants import of_variant
from segmem.nn.feature_memory import FeatureMemory
from segmem.nn.feature_memory_settings import FeatureMemorySettings
from segmem.nn.network import make_network
from segmem.nn.network_settings import NetworkSettings
from segmem.segmenter import MemorySegmenter
from segmem.state import Spec

Variant = Literal["segmem", "paper", "released"]
SAM2_SIZE = {"width": 256, "memory_width": 64, "layers": 4, "ffn": 2048}
PAPER: dict[str, Any] = {
    "attention": SAM2_SIZE,
    "policy": {"capacity": 10, "stride": 1},
    "channels": "groups",
    "grid": 64,
    "combine": "replace",
    "recency": False,
    "straight": False,
    "gate": False,
}
RELEASED = PAPER | {
    "policy": {"capacity": 10, "stride": 1, "first_twice": True},
    "mask": "coarse",
    "mask_values": "sigmoid",
}
SEGMEM: dict[str, Any] = {
    "attention": {"width": 128, "memory_width": 64, "layers": 1, "ffn": 512},
    "policy": {"capacity": 6, "stride": 3},
    "pool": 4,
}
"""The cheapest of what was worth the same (docs/results/tmam-parts.md, "What each setting gains and costs")."""
VARIANTS = {"segmem": SEGMEM, "paper": PAPER, "released": RELEASED}


class TmamSettings(FeatureMemorySettings):
    """The memory of a TMAM model; `docs/methods/tmam.md` says how the variants differ."""

    variant: Variant = "segmem"
    """Where settings that are not given come from: ours, the paper's or its released code's."""
    policy: Fifo = Fifo()
    """Which frames are kept."""

    @model_validator(mode="before")
    @classmethod
    def _of_variant(cls, given: Any) -> Any:
        return of_variant(given, VARIANTS, "segmem")


def build(
    network: NetworkSettings, settings: TmamSettings, spec: Spec, own: nn.Module | None = None
) -> MemorySegmenter:
    """A TMAM model with fresh weights; until trained, the variant `segmem` answers exactly as its 2D network,
    but for class evidence, in which the past speaks from the second frame on.

    Args:
        network: the 2D network, and the feature that memory reads and writes.
        settings: of the memory.
        spec: its input and classes.
        own: a user's network, where `network` says so.
    """
    base = make_network(network, len(spec.classes), own)
    memory = FeatureMemory(
        base.channels, settings, settings.policy.capacity, len(spec.classes) - 1, base.early
    )
    return MemorySegmenter(base, memory, settings.policy, spec)
