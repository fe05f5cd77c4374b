"""LiteMedSAM with a memory: a published promptable network for CPUs, and the parts that let it follow objects."""

from typing import Self

from pydantic import model_validator

from segmem.core import Settings
from segmem.memory import Support
from segmem.nn.litemedsam import published
from segmem.nn.litemedsam_memory import LiteMedSamMemory, ReadsMasks
from segmem.nn.pooled_memory import PooledMemorySettings
from segmem.prompted import PromptedSegmenter
from segmem.state import Spec


class LiteMedSamSettings(Settings):
    """The memory beside LiteMedSAM, which begins as published."""

    memory: PooledMemorySettings = PooledMemorySettings()
    """Size of the memory."""
    reads_masks: ReadsMasks = False
    """Whether the mask decoder learns, or learnt, to start from coarse masks and earlier answers. apart: a copy of it
    does (part masks), and what has no mask among its prompts is answered as published, bit for bit."""
    policy: Support = Support()
    """Which frames are kept and read."""

    @model_validator(mode="after")
    def _a_code_for_each_rank(self) -> Self:
        if self.memory.codes != self.policy.recent + 1:
            raise ValueError(
                f"memory.codes is {self.memory.codes}; policy.recent {self.policy.recent} needs one more than itself"
            )
        return self


def build(settings: LiteMedSamSettings, spec: Spec) -> PromptedSegmenter:
    """LiteMedSAM as published, with a memory of fresh weights. Parts of it may then be trained on.

    Args:
        settings: of the memory.
        spec: its input.

    Raises:
        MissingExtraError: the package that carries LiteMedSAM's weights is not installed.
    """
    network = LiteMedSamMemory(published(), settings.memory, settings.reads_masks)
    return PromptedSegmenter(network, settings.policy, None, spec)
