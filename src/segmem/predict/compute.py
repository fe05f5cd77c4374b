"""Where a model runs, and in which precision."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Self, TypeVar

import torch
from torch import nn

from segmem.core.errors import SurroundingsError
from segmem.nn.layout import channels_last
from segmem.ops.precision import fast_bfloat16
from segmem.predict.request import Device, Precision

Placed = TypeVar("Placed", bound=nn.Module)


@dataclass(frozen=True, slots=True)
class Compute:
    """A device and the precision of the network on it; logits, labels and memory tokens stay exact in files."""

    device: torch.device
    dtype: torch.dtype

    @classmethod
    def choose(cls, device: Device = "auto", precision: Precision = "auto") -> Self:
        """What was asked for, or the fastest there is: bfloat16 where the machine has instructions for it.

        Raises:
            SurroundingsError: CUDA was asked for and this machine has none.
        """
        if device == "cuda" and not torch.cuda.is_available():
            raise SurroundingsError("No CUDA device can be used on this machine. Use --device cpu or auto.")
        name = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
        return cls.on(torch.device(name), precision)

    @classmethod
    def on(cls, device: torch.device, precision: Precision = "auto") -> Self:
        """On that device, in what was asked for, or in what is faster there."""
        half = precision == "bfloat16" or (precision == "auto" and fast_bfloat16(device.type))
        return cls(device, torch.bfloat16 if half else torch.float32)

    @property
    def precision(self) -> str:
        """As written in a manifest."""
        return str(self.dtype).removeprefix("torch.")

    def autocast(self) -> AbstractContextManager[object]:
        """The context in which the network runs."""
        if self.dtype == torch.float32:
            return nullcontext()
        return torch.autocast(self.device.type, dtype=self.dtype)

    def place(self, model: Placed) -> Placed:
        """The model on the device, in eval mode, in the memory layout that convolutions like."""
        model.to(self.device)
        return channels_last(model).eval()
