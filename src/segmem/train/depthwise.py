"""Depthwise convolutions in float32 while a CPU trains in bfloat16.

They multiply little, and their backward pass in bfloat16 takes up to thirteen times as long there (AVX-512 BF16).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


@contextmanager
def depthwise_in_float32(model: nn.Module, wanted: bool = True) -> Iterator[None]:
    """Meanwhile the depthwise convolutions of `model` multiply in float32; what goes in and out keeps its type.

    Args:
        model: changed in place, and as before afterwards.
        wanted: False changes nothing.
    """
    chosen = [module for module in model.modules() if wanted and is_depthwise(module)]
    own = [module.__dict__.get("forward") for module in chosen]  # somebody may have put one there
    for module in chosen:
        module.forward = _in_float32(module.forward)
    try:
        yield
    finally:
        for module, before in zip(chosen, own, strict=True):
            del module.forward
            if before is not None:
                module.forward = before


def is_depthwise(module: nn.Module) -> bool:
    """Whether each channel has a filter of its own, and nothing but its own."""
    return isinstance(module, nn.Conv2d) and module.groups == module.in_channels > 1


def _in_float32(forward: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    def run(x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            out = forward(x.float())
        return out.to(x.dtype)

    return run
