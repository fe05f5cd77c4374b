"""TMAM: SAM2's memory plugged into any 2D encoder-decoder (Jmees, 2025), variant `segmem`."""

from pydantic import Field

from segmem.core import Settings
from segmem.memory import Fifo
from segmem.nn.encoder_decoder import EncoderDecoder, NetworkSettings
from segmem.nn.memory_attention import MemoryAttentionSettings
from segmem.nn.residual_memory import ResidualMemory
from segmem.segmenter import MemorySegmenter
from segmem.state import Spec


class TmamSettings(Settings):
    """The memory of a TMAM model; `docs/methods/tmam.md` says how it differs from the paper."""

    attention: MemoryAttentionSettings = MemoryAttentionSettings(
        width=128, memory_width=64, layers=2, ffn=512
    )
    """Size of the memory attention."""
    policy: Fifo = Fifo()
    """Which frames are kept."""
    pool: int = Field(default=1, ge=1)
    """Memory tokens are averaged pool x pool."""
    floor: float = Field(default=0.0, ge=0, le=1)
    """The least share of what memory says that is added where the present frame is clear."""


def build(network: NetworkSettings, settings: TmamSettings, spec: Spec) -> MemorySegmenter:
    """A TMAM model with fresh weights; until trained it answers exactly as its 2D network.

    Args:
        network: the 2D network, and the feature that memory reads and writes.
        settings: of the memory.
        spec: its input and classes.
    """
    base = EncoderDecoder(network, len(spec.classes))
    memory = ResidualMemory(
        base.channels, settings.attention, settings.policy.capacity, settings.pool, settings.floor
    )
    return MemorySegmenter(base, memory, settings.policy, spec)
