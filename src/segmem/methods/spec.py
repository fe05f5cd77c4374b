"""What a model is, in values: enough to build it again and to feed it."""

from typing import Literal

from pydantic import Field

from segmem.core import Kind, Settings
from segmem.memory import Fifo, Support
from segmem.methods.litemedsam import LiteMedSamSettings
from segmem.methods.sam2 import Sam2Settings
from segmem.methods.samed2 import Samed2Settings
from segmem.methods.tmam import TmamSettings
from segmem.nn.network_settings import NetworkSettings
from segmem.ops.fit import FitSettings
from segmem.ops.intensity import IntensitySettings


class ModelSpec(Settings):
    """Saved in the header of every weights file."""

    name: str = "unnamed"
    """As users type it."""
    method: Literal["tmam", "sam2", "litemedsam", "samed2"] = "tmam"
    """Which composition of the parts."""
    input: Kind | Literal["any"] = "video"
    """What it was made for."""
    classes: tuple[str, ...] = Field(default=("background", "foreground"), min_length=2)
    """Class names by id; 0 is background."""
    network: NetworkSettings = NetworkSettings()
    """The 2D network."""
    tmam: TmamSettings = TmamSettings()
    """Its memory."""
    sam2: Sam2Settings | None = None
    """Of the method `sam2`."""
    litemedsam: LiteMedSamSettings | None = None
    """Of the method `litemedsam`."""
    samed2: Samed2Settings | None = None
    """Of the method `samed2`."""
    fit: FitSettings = FitSettings()
    """How frames come to the model's grid."""
    intensity: IntensitySettings = IntensitySettings()
    """How values come to the model's range."""
    temperature: float = Field(default=1.0, gt=0)
    """Logits are divided by it; fitted on validation cases."""

    @property
    def policy(self) -> Fifo | Support:
        """Its memory's."""
        if self.method == "sam2":
            return (self.sam2 or Sam2Settings()).policy
        if self.method == "litemedsam":
            return (self.litemedsam or LiteMedSamSettings()).policy
        if self.method == "samed2":
            own = self.samed2 or Samed2Settings()
            return own.sam2.policy if own.base == "sam2" else own.litemedsam.policy
        return self.tmam.policy
