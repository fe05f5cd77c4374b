"""DSSAM2-LAPG: scans without prompts, in two stages (Scientific Reports, 2026; reconstructed)."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from segmem.core import Settings
from segmem.memory import Support
from segmem.methods.variants import of_variant
from segmem.nn.lapg_network import LapgNetwork
from segmem.nn.lapg_settings import LapgNetworkSettings
from segmem.nn.volume_memory import VolumeMemory
from segmem.state import Spec
from segmem.volumetric import VolumeSegmenter

Variant = Literal["segmem", "released"]
RELEASED: dict[str, Any] = {
    "network": {
        "generator": {"form": "released"},
        "context": {"attention": False, "adjacent": False},
    },
    "policy": {"recent": 6},
    "keys": 0,
}
VARIANTS: dict[str, dict[str, Any]] = {"segmem": {}, "released": RELEASED}


class LapgSettings(Settings):
    """A LAPG model; `docs/methods/lapg.md` says how it differs from what was released."""

    variant: Variant = "segmem"
    """Where settings that are not given come from: ours, or what the released code does."""
    network: LapgNetworkSettings = LapgNetworkSettings()
    """Its parts."""
    policy: Support = Support(pinned=4, recent=4)
    """Which slices are kept and read."""
    keys: int = Field(default=3, ge=0)
    """Slices of a scan that become support memory between the stages: those with the surest classes, spread out. 0
    leaves the latest slices, and what a bank file brings."""

    def begun_elsewhere(self) -> Self:
        """The same for a model whose every weight comes from a file."""
        encoder = self.network.encoder.model_copy(update={"imagenet": False})
        return self.model_copy(update={"network": self.network.model_copy(update={"encoder": encoder})})

    @model_validator(mode="before")
    @classmethod
    def _of_variant(cls, given: Any) -> Any:
        return of_variant(given, VARIANTS, "segmem")

    @model_validator(mode="after")
    def _keys_have_room(self) -> Self:
        if self.keys > self.policy.pinned:
            raise ValueError(f"keys is {self.keys}; policy.pinned {self.policy.pinned} has no room for them")
        return self


def build(settings: LapgSettings, spec: Spec) -> VolumeSegmenter:
    """A LAPG model with fresh weights.

    Args:
        settings: its parts.
        spec: its input and classes.

    Raises:
        SettingsError: parts that do not go together.
    """
    size, policy, classes = settings.network, settings.policy, len(spec.classes)
    network = LapgNetwork(size, classes)
    memory = VolumeMemory(size.width, size.attention, size.pool, policy.recent + 1, classes - 1)
    return VolumeSegmenter(network, memory, policy, spec, settings.keys)
