"""How a network learns whose objects are prompted, in values."""

from pydantic import Field, PositiveFloat, PositiveInt

from segmem.core import Settings
from segmem.data.prompts import PromptSettings
from segmem.nn.network_parts import Part
from segmem.train.mask_loss import Mix


class PromptedSettings(Settings):
    """How a network learns whose objects are prompted."""

    parts: tuple[Part, ...] = Field(default=("memory",), min_length=1)
    """Which parts learn: encoder, adapters, prompts (the prompt encoder), decoder, masks (what reads masks
    apart), memory, attention (of memory, what looks back alone), cases (what tells the decoder of other cases)."""
    new_times: PositiveFloat = 1.0
    """Memory, adapters and the reader of other cases, which begin with fresh weights, learn so many times as fast as
    the published parts."""
    prompts: PromptSettings = PromptSettings()
    """What is said of objects, where their source says nothing else."""
    objects: PositiveInt = 1
    """Objects that are asked for on each clip, drawn anew each time, so that its frames are encoded once for all."""
    loss: Mix = "memory"
    """memory: Dice and ten times focal loss. sam2: focal 20, Dice 1, IoU 1. released: the mix in SAMed-2's code.
    plain: Dice, cross-entropy and IoU, for a network that begins with fresh weights."""
