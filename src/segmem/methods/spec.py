"""What a model is, in values: enough to build it again and to feed it."""

from typing import Literal

from pydantic import Field

from segmem.core import Kind, Settings
from segmem.methods.tmam import TmamSettings
from segmem.nn.encoder_decoder import NetworkSettings
from segmem.ops.fit import FitSettings
from segmem.ops.intensity import IntensitySettings


class ModelSpec(Settings):
    """Saved in the header of every weights file."""

    name: str = "unnamed"
    """As users type it."""
    method: Literal["tmam"] = "tmam"
    """Which composition of the parts."""
    input: Kind = "video"
    """What it was made for."""
    classes: tuple[str, ...] = Field(default=("background", "foreground"), min_length=2)
    """Class names by id; 0 is background."""
    network: NetworkSettings = NetworkSettings()
    """The 2D network."""
    tmam: TmamSettings = TmamSettings()
    """Its memory."""
    fit: FitSettings = FitSettings()
    """How frames come to the model's grid."""
    intensity: IntensitySettings = IntensitySettings()
    """How values come to the model's range."""
    temperature: float = Field(default=1.0, gt=0)
    """Logits are divided by it; fitted on validation cases."""
