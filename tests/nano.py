"""A tiny model for tests: the real parts, small, with memory that does something."""

import torch

from segmem.memory import Fifo
from segmem.methods.build import build
from segmem.methods.spec import ModelSpec
from segmem.methods.tmam import TmamSettings
from segmem.nn.encoder_decoder import NetworkSettings
from segmem.nn.memory_attention import MemoryAttentionSettings
from segmem.ops.fit import FitSettings
from segmem.segmenter import MemorySegmenter

TINY = MemoryAttentionSettings(width=16, memory_width=8, layers=1, ffn=32)


def nano_spec(**changes: object) -> ModelSpec:
    """A spec of a few thousand memory parameters on the smallest encoder at 64 pixels."""
    spec = ModelSpec(
        name="nano",
        classes=("background", "shaft", "tip"),
        network=NetworkSettings(encoder="timm-mobilenetv3_small_minimal_100"),
        tmam=TmamSettings(attention=TINY, policy=Fifo(capacity=3)),
        fit=FitSettings(longest=64),
    )
    return spec.model_copy(update=changes)


def nano(memory_on: bool = True, **changes: object) -> MemorySegmenter:
    """A nano model with fixed weights; `memory_on` moves the projection back off its zero."""
    torch.manual_seed(0)
    model = build(nano_spec(**changes)).eval()
    if memory_on:
        torch.nn.init.normal_(model.get_submodule("memory.back").weight, std=0.5)
    return model
