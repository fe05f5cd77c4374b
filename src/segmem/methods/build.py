"""From a spec to a segmenter with fresh weights."""

from torch import nn

from segmem.methods import lapg, litemedsam, sam2, samed2, tmam
from segmem.methods.spec import ModelSpec
from segmem.prompted import PromptedSegmenter
from segmem.segmenter import MemorySegmenter
from segmem.volumetric import VolumeSegmenter


def build(
    spec: ModelSpec, own: nn.Module | None = None
) -> MemorySegmenter | PromptedSegmenter | VolumeSegmenter:
    """The parts that the spec's method names, put together.

    Args:
        spec: what is built.
        own: a user's 2D network, for a spec whose network is of the library `own`.

    Raises:
        SettingsError: the spec names a network that does not exist, or one of the user's that is not given.
        UsageError: the user's network cannot be split.
    """
    if spec.method == "sam2":
        return sam2.build(spec.sam2 or sam2.Sam2Settings(), spec)
    if spec.method == "litemedsam":
        return litemedsam.build(spec.litemedsam or litemedsam.LiteMedSamSettings(), spec)
    if spec.method == "lapg":
        return lapg.build(spec.lapg or lapg.LapgSettings(), spec)
    if spec.method == "samed2":
        return samed2.build(spec.samed2 or samed2.Samed2Settings(), spec)
    return tmam.build(spec.network, spec.tmam, spec, own)
