"""What a number was made on."""

import os
import platform
from pathlib import Path

import torch


def hardware() -> str:
    """Processor and cores, and the GPU if there is one."""
    gpu = f", {torch.cuda.get_device_name(0)}" if torch.cuda.is_available() else ", no GPU"
    return f"{_processor()}, {_cores()} cores{gpu}, torch {torch.__version__}"


def _processor(told: Path = Path("/proc/cpuinfo")) -> str:
    """As Linux tells it, else as Python does."""
    try:
        lines = told.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def _cores() -> int:
    """That this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1
