"""How memory is plugged into a feature map, in values."""

from typing import Literal, Self

from pydantic import Field, model_validator

from segmem.core import Settings
from segmem.nn.evidence_settings import EvidenceSettings
from segmem.nn.memory_attention import MemoryAttentionSettings


class FeatureMemorySettings(Settings):
    """How memory is plugged into a feature map. Each is one difference between TMAM's paper, its code and ours."""

    attention: MemoryAttentionSettings = MemoryAttentionSettings(
        width=128, memory_width=64, layers=2, ffn=512
    )
    """Size of the memory attention."""
    channels: Literal["project", "groups"] = "project"
    """How C channels come to its width: a learnt 1x1 projection, or groups of channels, each looking back alone."""
    grid: int | None = Field(default=None, ge=1)
    """The feature is resized to grid x grid cells and back; none keeps its own grid, of any shape."""
    combine: Literal["add", "replace"] = "add"
    """What memory attention gives is added to the feature, from nothing at first, or put in its place."""
    mask: Literal["full", "coarse"] = "full"
    """What memory is told of a past frame's foreground: its map at 16 x the grid, or 16 x 16 pixels, which SAM2's
    mask downsampler turns into one number."""
    mask_values: Literal["scaled", "sigmoid"] = "scaled"
    """How: the probability p as 20 p - 10, as SAM2 does, or as sigmoid(p), which lies between .5 and .73."""
    classes: Literal["merged", "apart"] = "merged"
    """The foreground is remembered as one, or each class by a mask of its own, told apart by a learnt code."""
    recency: bool = True
    """Each memory is told apart by a learnt code of how recent it is."""
    straight: bool = True
    """Attention to memory begins by looking straight back, each cell at its own past."""
    gate: bool = True
    """The present frame's features decide how much of what memory says is taken."""
    gate_by: Literal["frame", "cell"] = "frame"
    """For the frame as a whole, or for each cell of the feature, as where something passes before a part of it."""
    gate_sees: Literal["feature", "early"] = "feature"
    """What it is told from: the feature that memory reads, or beside it the network's first feature map, which knows
    what a cell looks like, whatever is around it."""
    floor: float = Field(default=0.0, ge=0, le=1)
    """The least share of it that is taken where the present frame is clear."""
    pool: int = Field(default=1, ge=1)
    """Memory tokens are averaged pool x pool."""
    evidence: EvidenceSettings | None = None
    """Beside attention, cells are matched with those of the past, whose classes are evidence for their own, as far as
    the gate takes the present for spoilt; none leaves the logits to the decoder alone."""

    @model_validator(mode="after")
    def _gated(self) -> Self:
        if self.evidence is not None and not self.gate:
            raise ValueError(
                "evidence needs the gate, which says where the past has the better word: set gate: true"
            )
        return self
