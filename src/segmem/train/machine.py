"""Which device, precision and threads a run gets."""

from typing import Literal

import torch
from lightning_fabric import Fabric

from segmem.ops.precision import fast_bfloat16
from segmem.train.settings import TrainSettings

Precision = Literal["auto", "32-true", "bf16-mixed"]


def make_fabric(settings: TrainSettings) -> Fabric:
    """Fabric as the settings ask, its processes started."""
    if settings.threads is not None:
        torch.set_num_threads(settings.threads)
    accelerator = settings.accelerator
    if accelerator == "auto":
        accelerator = "cuda" if torch.cuda.is_available() else "cpu"  # mps lacks operators the memory needs
    fabric = Fabric(
        accelerator=accelerator,
        devices=settings.devices,
        precision=resolve_precision(settings.precision, accelerator),
    )
    fabric.launch()
    return fabric


def resolve_precision(wanted: Precision, accelerator: str) -> Literal["32-true", "bf16-mixed"]:
    """auto becomes bf16-mixed where the hardware multiplies bf16 fast."""
    if wanted != "auto":
        return wanted
    return "bf16-mixed" if fast_bfloat16(accelerator) else "32-true"
