"""Segmentation that remembers: memory for medical images, surgical video and 3D scans.

    for prediction, state in segmem.stream("tmam-endovis15", "operation.mp4"):
        ...
    labels = segmem.segment("lapg-hippocampus", "scan.nii.gz")

Names load what they need when they are first used: `import segmem` itself imports no torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from segmem.catalogue import cards as models
    from segmem.core import Clip, Geometry, Labels, Prediction, Prompt
    from segmem.core.errors import SegmemError
    from segmem.methods.load import load
    from segmem.methods.wrap import tmam
    from segmem.predict.sam2_api import VideoPredictor
    from segmem.predict.segment import segment
    from segmem.predict.stream import stream
    from segmem.state import State

    __version__: str

__all__ = [
    "Clip",
    "Geometry",
    "Labels",
    "Prediction",
    "Prompt",
    "SegmemError",
    "State",
    "VideoPredictor",
    "__version__",
    "load",
    "models",
    "segment",
    "stream",
    "tmam",
]

_HOMES = {
    "Clip": "segmem.core:Clip",
    "Geometry": "segmem.core:Geometry",
    "Labels": "segmem.core:Labels",
    "Prediction": "segmem.core:Prediction",
    "Prompt": "segmem.core:Prompt",
    "SegmemError": "segmem.core.errors:SegmemError",
    "State": "segmem.state:State",
    "VideoPredictor": "segmem.predict.sam2_api:VideoPredictor",
    "load": "segmem.methods.load:load",
    "models": "segmem.catalogue:cards",
    "segment": "segmem.predict.segment:segment",
    "stream": "segmem.predict.stream:stream",
    "tmam": "segmem.methods.wrap:tmam",
}


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version  # 30 ms that most imports need not pay

        return version("segmem")
    if name not in _HOMES:
        raise AttributeError(f"module 'segmem' has no attribute {name!r}")
    module, _, attribute = _HOMES[name].partition(":")
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return __all__
