"""What a model is, in values: enough to build it again and to feed it."""

from typing import Literal, Self

from pydantic import Field, model_validator

from segmem.core import Kind, Settings
from segmem.memory import Fifo, Support
from segmem.methods.lapg import LapgSettings
from segmem.methods.litemedsam import LiteMedSamSettings
from segmem.methods.sam2 import Sam2Settings
from segmem.methods.samed2 import Samed2Settings
from segmem.methods.tmam import TmamSettings
from segmem.nn.network_settings import NetworkSettings
from segmem.ops.fit import FitSettings
from segmem.ops.intensity import IntensitySettings
from segmem.ops.volume_settings import VolumeSettings


class ModelSpec(Settings):
    """Saved in the header of every weights file."""

    name: str = "unnamed"
    """As users type it."""
    method: Literal["tmam", "sam2", "litemedsam", "samed2", "lapg"] = "tmam"
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
    lapg: LapgSettings | None = None
    """Of the method `lapg`."""
    samed2: Samed2Settings | None = None
    """Of the method `samed2`."""
    fit: FitSettings = FitSettings()
    """How frames come to the model's grid."""
    volume: VolumeSettings = VolumeSettings()
    """The grid that scans are seen on."""
    intensity: IntensitySettings = IntensitySettings()
    """How values come to the model's range."""
    temperature: float = Field(default=1.0, gt=0)
    """Logits are divided by it; fitted on validation cases."""

    @model_validator(mode="after")
    def _prompts_lie_on_the_scans_own_grid(self) -> Self:
        if self.method in {"sam2", "litemedsam"} and self.volume != VolumeSettings():
            raise ValueError(f"{self.method} is prompted on a scan's own grid: leave `volume` out")
        return self

    @property
    def policy(self) -> Fifo | Support:
        """Its memory's."""
        if self.method == "sam2":
            return (self.sam2 or Sam2Settings()).policy
        if self.method == "litemedsam":
            return (self.litemedsam or LiteMedSamSettings()).policy
        if self.method == "lapg":
            return (self.lapg or LapgSettings()).policy
        if self.method == "samed2":
            own = self.samed2 or Samed2Settings()
            return own.sam2.policy if own.base == "sam2" else own.litemedsam.policy
        return self.tmam.policy
