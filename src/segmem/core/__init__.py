"""Shared nouns. Imports nothing from the rest of the package."""

from segmem.core.clip import Clip, FrameSource, Geometry, Kind, Labels
from segmem.core.features import Features, Prediction
from segmem.core.prompt import Prompt, PromptBatch
from segmem.core.settings import Settings

__all__ = [
    "Clip",
    "Features",
    "FrameSource",
    "Geometry",
    "Kind",
    "Labels",
    "Prediction",
    "Prompt",
    "PromptBatch",
    "Settings",
]
