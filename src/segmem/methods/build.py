"""From a spec to a segmenter with fresh weights."""

from segmem.methods import tmam
from segmem.methods.spec import ModelSpec
from segmem.segmenter import MemorySegmenter


def build(spec: ModelSpec) -> MemorySegmenter:
    """The parts that the spec's method names, put together.

    Raises:
        SettingsError: the spec names a network that does not exist.
    """
    return tmam.build(spec.network, spec.tmam, spec)
