"""Frames in a file's own units to what a network takes."""

from torch import Tensor

from segmem.core import Kind
from segmem.ops.fit import Fit, pad, resize
from segmem.ops.intensity import IntensitySettings, by_frame, normalise, to_unit, window

WHOLE_SCAN = IntensitySettings(kind="percentile")


def prepare(frames: Tensor, fit: Fit, low_high: tuple[float, float], settings: IntensitySettings) -> Tensor:
    """Frames (B, C, `fit.size`) to (B, 3, `fit.grid`): resized, brought to the network's range, padded.

    Args:
        low_high: the values that become 0 and 1, of the whole case: `case_window`.
    """
    scaled = resize(frames, fit.scaled, "image")
    brought = {"frame": by_frame, "unit": to_unit, "imagenet": normalise}[settings.scale]
    return pad(brought(scaled, *low_high), fit)


def case_window(frames: Tensor, settings: IntensitySettings, kind: Kind) -> tuple[float, float]:
    """The (low, high) of a case (T, C, H, W). A model for any input sees bytes as they are, and a scan between
    percentiles of its own."""
    return window(frames, WHOLE_SCAN if kind == "volume" and settings.kind == "rgb" else settings)
