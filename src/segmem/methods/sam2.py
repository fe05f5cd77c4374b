"""SAM2: prompted objects tracked with a short memory and object pointers (Ravi et al., 2024)."""

from typing import Self

from pydantic import Field, model_validator

from segmem.core import Settings
from segmem.memory import Support
from segmem.nn.hiera import HIERA_SIZES
from segmem.nn.mask_decoder import MaskDecoderSettings
from segmem.nn.memory_attention import MemoryAttentionSettings
from segmem.nn.sam2_network import Sam2Network, Sam2NetworkSettings
from segmem.prompted import PromptedSegmenter
from segmem.state import Spec


class Sam2Settings(Settings):
    """A SAM2 model; the defaults are SAM 2.1 tiny."""

    network: Sam2NetworkSettings = Sam2NetworkSettings()
    """Size and version."""
    policy: Support = Support()
    """Which frames are kept and read."""
    pointers: int = Field(default=16, ge=2)
    """Frames, the present one counted, over which object pointers reach back (SAM2's max_obj_ptrs_in_encoder)."""

    def begun_elsewhere(self) -> Self:
        """The same for a model whose every weight comes from a file."""
        return self.model_copy(update={"network": self.network.model_copy(update={"imagenet": False})})

    @model_validator(mode="after")
    def _a_code_for_each_rank(self) -> Self:
        if self.network.codes != self.policy.recent + 1:
            raise ValueError(
                f"network.codes is {self.network.codes}; policy.recent {self.policy.recent} needs one more than itself"
            )
        return self


NANO = Sam2Settings(
    network=Sam2NetworkSettings(
        encoder=HIERA_SIZES["nano"],
        attention=MemoryAttentionSettings(width=32, memory_width=16, layers=2, ffn=64),
        decoder=MaskDecoderSettings(width=32, mlp=64),
    ),
    policy=Support(pinned=4),
)
"""Small enough for tests: every part of SAM 2.1 in about 0.4 M parameters."""


def sam2_settings(size: str, version: str = "2.1") -> Sam2Settings:
    """Settings of a published size: tiny, small, base-plus or large, of version 2.0 or 2.1."""
    late = version != "2.0"
    return Sam2Settings(
        network=Sam2NetworkSettings(encoder=HIERA_SIZES[size], pointer_time=late, absent_code=late)
    )


def build(settings: Sam2Settings, spec: Spec) -> PromptedSegmenter:
    """A SAM2 model with fresh weights.

    Args:
        settings: size, version and memory.
        spec: its input.
    """
    return PromptedSegmenter(Sam2Network(settings.network), settings.policy, sam2_pointers(settings), spec)


def sam2_pointers(settings: Sam2Settings) -> Support:
    """Which object pointers are kept and read."""
    policy = settings.policy
    return Support(pinned=policy.pinned, recent=settings.pointers - 1, nearest=policy.nearest, past_only=True)
