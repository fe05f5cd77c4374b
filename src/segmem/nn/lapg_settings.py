"""The parts of a LAPG network, in values."""

from typing import Literal, Self

from pydantic import Field, model_validator

from segmem.core import Settings
from segmem.nn.hiera import HieraSettings
from segmem.nn.memory_attention import MemoryAttentionSettings


class PyramidSettings(Settings):
    """The image encoder: a trunk and the levels that are made of it."""

    trunk: Literal["lite0", "sam2"] = "lite0"
    """lite0: EfficientNet-Lite0 with a feature pyramid. sam2: Hiera with SAM2's neck."""
    imagenet: bool = False
    """Begin lite0 with ImageNet weights from its registry package."""
    stride: Literal[8, 16] = 8
    """Pixels to a cell of the features that tokens and memory read; Hiera has 16."""
    sam2: HieraSettings = HieraSettings()
    """Size of Hiera; the default is SAM2's tiny."""
    tuning: Literal["full", "frozen", "lora"] = "full"
    """What of the encoder learns: all; nothing; or, for sam2, a low-rank change of each linear layer."""
    rank: int = Field(default=4, ge=1)
    """Of that change."""


class GeneratorSettings(Settings):
    """The learnable automatic prompt generator."""

    form: Literal["segmem", "released"] = "segmem"
    """segmem: tokens of each class, coarse masks, presence. released: the first of fifty tokens, no coarse mask, no
    positions."""
    tokens: int = Field(default=4, ge=1)
    """Concept tokens of each class."""
    layers: int = Field(default=2, ge=1)
    """Two-way layers."""
    heads: int = 4
    """Heads of their attention."""
    mlp: int = 256
    """Hidden channels of their perceptron."""
    embed: int = 32
    """Channels in which tokens and pixels are compared."""


class ContextSettings(Settings):
    """What a slice sees of its neighbours before anything is decided."""

    adjacent: bool = False
    """The slices before and after are the first and third channel of the image; at the border, the slice itself."""
    attention: bool = True
    """Each cell attends to the same place in a window of slices."""
    reach: int = Field(default=2, ge=1)
    """Slices to either side."""
    heads: int = 4
    """Heads of that attention."""


class ClassDecoderSettings(Settings):
    """The mask decoder of all classes at once."""

    depth: int = 2
    """Two-way blocks."""
    heads: int = 4
    """Heads of their attention."""
    mlp: int = 256
    """Hidden channels of their perceptron."""
    channels: tuple[int, ...] = (64, 32)
    """Channels after each doubling of the grid, coarse to fine. Doublings beyond the encoder's fine levels have no
    skip; levels finer than the last doubling are not used."""
    prior: bool = False
    """The coarse masks are added to its logits, in a share that is learnt from nothing. Classes that look alike and
    differ in their place, as the two sides of a brain do, need it. Generator `segmem` only."""


class LapgNetworkSettings(Settings):
    """A network that names classes on slices, with prompts that it makes by itself."""

    width: int = 128
    """C, channels of features and tokens."""
    encoder: PyramidSettings = PyramidSettings()
    """The image encoder."""
    context: ContextSettings = ContextSettings()
    """Neighbouring slices."""
    generator: GeneratorSettings = GeneratorSettings()
    """The prompts."""
    decoder: ClassDecoderSettings = ClassDecoderSettings()
    """The masks."""
    attention: MemoryAttentionSettings = MemoryAttentionSettings(
        width=128, memory_width=64, layers=2, ffn=512
    )
    """Memory attention."""
    pool: int = Field(default=2, ge=1)
    """Each memory token stands for pool x pool cells."""

    @model_validator(mode="after")
    def _prior_is_drawn(self) -> Self:
        if self.decoder.prior and self.generator.form == "released":
            raise ValueError(
                "decoder.prior needs coarse masks, and generator.form released draws none: take segmem, or false"
            )
        return self
