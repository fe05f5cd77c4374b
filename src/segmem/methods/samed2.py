"""SAMed-2: a promptable network whose encoder looks along time, with a memory of other cases (Yan et al., 2025)."""

from collections.abc import Iterator
from typing import Literal, Self, cast

from pydantic import Field, model_validator
from torch import nn

from segmem.across import AcrossCases, Tell
from segmem.core import Settings
from segmem.memory import Confidence
from segmem.memory.confidence import Variant
from segmem.methods.litemedsam import LiteMedSamSettings
from segmem.methods.sam2 import Sam2Settings, sam2_pointers
from segmem.nn.case_reader import CaseReader, Enter
from segmem.nn.image_encoder import ImageEncoder
from segmem.nn.litemedsam import published
from segmem.nn.litemedsam_memory import LiteMedSamMemory
from segmem.nn.sam2_network import Sam2Network
from segmem.nn.temporal_adapter import TemporalAdapter, TemporalSettings
from segmem.prompted import PromptedSegmenter
from segmem.state import Spec


class Samed2Settings(Settings):
    """A SAMed-2 model; `samed2_settings` gives the values of each variant."""

    base: Literal["sam2", "litemedsam"] = "litemedsam"
    """The network that is prompted, with its memory of the stream."""
    sam2: Sam2Settings = Sam2Settings()
    """Of the base `sam2`."""
    litemedsam: LiteMedSamSettings = LiteMedSamSettings()
    """Of the base `litemedsam`."""
    temporal: TemporalSettings | None = TemporalSettings()
    """The encoder's temporal adapters; none: each frame is encoded for itself."""
    cases: Confidence | None = Confidence()
    """Which entries of other cases are read and written; none: there is no such memory."""
    enter: Enter = "add"
    """How other cases are told to the decoder: beside what the stream remembers, or in place of it."""
    tell: Tell = "all"
    """What hears of other cases: all, or masks: what begins from a rough mask or an earlier answer. Boxes, points and
    what is followed are then answered as without them."""
    stream: bool = True
    """The stream has a memory of its own; without one an object is found on the frames it is prompted on."""
    min_quality: float = Field(default=0.5, ge=0.0, le=1.0)
    """A prompted frame of which less is predicted is not remembered for other cases."""

    @model_validator(mode="after")
    def _a_base_that_can(self) -> Self:
        if self.base == "sam2" and self.sam2.network.trunk != "hiera":
            raise ValueError("sam2.network.trunk is hiera: temporal adapters stand in its blocks")
        if self.base == "litemedsam":
            if self.enter == "replace":
                raise ValueError("enter `replace` is of the base sam2: LiteMedSAM decodes its own embedding")
            if self.temporal is not None and self.temporal.time == "windows":
                raise ValueError(
                    "temporal.time `windows` is of the base sam2, whose released weights need it"
                )
        elif self.temporal is not None and self.temporal.place == "embedding":
            raise ValueError(
                "temporal.place `embedding` is of the base litemedsam; sam2 has fine levels beside it"
            )
        return self


def samed2_settings(variant: Variant, **changes: object) -> Samed2Settings:
    """The values of a variant, some of them changed. `paper` and `released` stand on SAM 2.0 small."""
    if variant == "segmem":
        return Samed2Settings.model_validate(changes)
    values: dict[str, object] = {
        "base": "sam2",
        "temporal": TemporalSettings(time="windows" if variant == "released" else "symmetric"),
        "cases": Confidence.variant(variant),
        "enter": "replace",
        "stream": False,
        "min_quality": 0.0,
    }
    return Samed2Settings.model_validate({**values, **changes})


def build(settings: Samed2Settings, spec: Spec) -> PromptedSegmenter:
    """The base with adapters and a reader of other cases; with fresh ones it answers as the base does.

    Args:
        settings: of all parts.
        spec: its input.

    Raises:
        MissingExtraError: the base is LiteMedSAM, and the package that carries its weights is not installed.
    """
    if settings.base == "sam2":
        return put_together(Sam2Network(settings.sam2.network), settings, spec)
    own = settings.litemedsam
    return put_together(LiteMedSamMemory(published(), own.memory, own.reads_masks), settings, spec)


def put_together(
    network: Sam2Network | LiteMedSamMemory, settings: Samed2Settings, spec: Spec
) -> PromptedSegmenter:
    """A base network that is there already, with what makes it SAMed-2."""
    sam2 = isinstance(network, Sam2Network)
    if settings.temporal is not None:
        if isinstance(network, Sam2Network):
            cast(ImageEncoder, network.image_encoder).trunk.adapt(settings.temporal)  # the settings see to it
        else:
            network.base.image_encoder.adapt(settings.temporal)
    across = None
    if settings.cases is not None:
        reader = CaseReader(network.case_widths, settings.enter)
        across = AcrossCases(reader, settings.cases, settings.min_quality, not settings.stream, settings.tell)
    policy = settings.sam2.policy if sam2 else settings.litemedsam.policy
    pointers = sam2_pointers(settings.sam2) if sam2 else None
    return PromptedSegmenter(network, policy, pointers, spec, temporal=settings.temporal, across=across)


def parts(model: PromptedSegmenter) -> nn.Module:
    """The module whose names are those in weights files: on LiteMedSAM, what differs from it alone."""
    network = model.get_submodule("network")
    own: dict[str, nn.Module] = {}
    if isinstance(network, LiteMedSamMemory):
        adapters = [one for one in network.base.modules() if isinstance(one, TemporalAdapter)]
        own = {"memory": network.memory, "adapters": nn.ModuleList(adapters)}
    else:
        own = {"network": network}
    if model.across is not None:
        own["cases"] = model.across.reader
    return nn.ModuleDict(own)


def added_parameters(model: PromptedSegmenter) -> Iterator[nn.Parameter]:
    """Those that the base has not: the adapters' and the reader's of other cases."""
    for part in model.modules():
        if isinstance(part, TemporalAdapter | CaseReader):
            yield from part.parameters()
