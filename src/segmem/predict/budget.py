"""How many objects may go through a network at once, so that a run keeps to the memory it was given."""

import sys
from dataclasses import dataclass
from pathlib import Path

import torch

from segmem.core import Features
from segmem.core.errors import SurroundingsError
from segmem.prompted import PromptedSegmenter

WORK = 88_000
"""Bytes that one object needs at a time for each cell of the features: most of it in the mask decoder, which works
at four times the cells' resolution, and in the masks that the memory encoder takes, at sixteen times it. Measured
with benchmarks/max_memory.py, then rounded up."""

STATUS = Path("/proc/self/status")  # Linux


@dataclass(frozen=True, slots=True)
class Budget:
    """Bytes that a run may use at most, of the process or of the device it runs on."""

    limit: int

    def together(self, model: PromptedSegmenter, features: Features, objects: int) -> int:
        """How many of `objects` go at once; at least one.

        What the process has used at its peak so far counts as used: the network, and the image encoder's work.

        Raises:
            SurroundingsError: not even one fits beside the memory that all objects need.
        """
        cells = features.top.shape[-2] * features.top.shape[-1]
        kept = objects * model.bytes_kept(features)
        left = self.limit - peak(features.top.device) - kept
        one = cells * WORK
        if left < one:
            needed = self.limit - left + one
            raise SurroundingsError(
                f"--max-memory {_told(self.limit)} is too little for {objects} objects at this size:"
                f" {_told(needed)} are needed, {_told(kept)} of them for what is remembered of the objects."
                " Allow more, follow fewer objects, or take a smaller model."
            )
        return int(min(objects, left // one))

    def require(self, device: torch.device) -> None:
        """Raise SurroundingsError where more was used already."""
        used = peak(device)
        if used > self.limit:
            raise SurroundingsError(
                f"--max-memory {_told(self.limit)} is too little: the model and one frame took {_told(used)}."
                " Allow more, or take a smaller model."
            )


def peak(device: torch.device) -> int:
    """Bytes that this process has held at most so far."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    if STATUS.exists():  # what getrusage says there is handed down from a large parent process
        line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    try:
        import resource
    except ImportError:  # Windows
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _told(size: int) -> str:
    return f"{size / 1e9:.2f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
