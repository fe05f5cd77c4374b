"""Weights files of nano models."""

from pathlib import Path

from nano import nano
from segmem.methods.load import save
from segmem.ops.intensity import IntensitySettings


def write_video_model(folder: Path) -> Path:
    """A model of videos with three classes."""
    path = folder / "nano-video.safetensors"
    save(nano(), path)
    return path


def write_scan_model(folder: Path) -> Path:
    """A model of scans with three classes."""
    path = folder / "nano-scan.safetensors"
    save(nano(name="nano-scan", input="volume", intensity=IntensitySettings(kind="percentile")), path)
    return path
