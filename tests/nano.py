"""Tiny models for tests: the real parts, small, with memory that does something."""

from collections.abc import Callable, Mapping

import torch
from torch import nn

from segmem.memory import Confidence, Fifo, Support
from segmem.methods.build import build
from segmem.methods.lapg import LapgSettings
from segmem.methods.sam2 import NANO
from segmem.methods.samed2 import Samed2Settings, put_together
from segmem.methods.spec import ModelSpec
from segmem.methods.tmam import TmamSettings, Variant
from segmem.nn.evidence_settings import EvidenceSettings
from segmem.nn.hiera import HIERA_SIZES
from segmem.nn.lapg_settings import (
    ClassDecoderSettings,
    ContextSettings,
    GeneratorSettings,
    LapgNetworkSettings,
    PyramidSettings,
)
from segmem.nn.litemedsam import LiteMedSam
from segmem.nn.litemedsam_memory import LiteMedSamMemory
from segmem.nn.mask_decoder import MaskDecoder, MaskDecoderSettings
from segmem.nn.memory_attention import MemoryAttentionSettings
from segmem.nn.network_settings import NetworkSettings
from segmem.nn.pooled_memory import PooledMemorySettings
from segmem.nn.prompt_encoder import PromptEncoder
from segmem.nn.prompt_generator import PromptGenerator
from segmem.nn.temporal_adapter import TemporalAdapter, TemporalSettings
from segmem.nn.tiny_vit import TinyVit, TinyVitSettings
from segmem.ops.fit import FitSettings
from segmem.prompted import PromptedSegmenter
from segmem.segmenter import MemorySegmenter
from segmem.volumetric import VolumeSegmenter

TINY = MemoryAttentionSettings(width=16, memory_width=8, layers=1, ffn=32)


def nano_spec(**changes: object) -> ModelSpec:
    """A spec of a few thousand memory parameters on the smallest encoder at 64 pixels."""
    spec = ModelSpec(
        name="nano",
        classes=("background", "shaft", "tip"),
        network=NetworkSettings(encoder="timm-mobilenetv3_small_minimal_100"),
        tmam=TmamSettings(attention=TINY, policy=Fifo(capacity=3), pool=1),
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


def nano_evidence(**changes: object) -> MemorySegmenter:
    """The same network with class evidence beside attention, and a gate on cells that takes frames for clear."""
    evidence = EvidenceSettings(width=8, parts=2)
    settings = TmamSettings(
        attention=TINY, policy=Fifo(capacity=3), pool=1, gate_by="cell", evidence=evidence
    )
    model = nano(**{"tmam": settings, **changes})
    for opinion in ("cell", "frame"):
        says = model.get_submodule(f"memory.gate.{opinion}")
        torch.nn.init.normal_(says.weight, std=0.02)
        torch.nn.init.constant_(says.bias, -1.0)
    return model


def nano_paper(**changes: object) -> MemorySegmenter:
    """The same network with a memory as in TMAM's paper, of a tiny grid."""
    return _variant("paper", changes)


def nano_released(**changes: object) -> MemorySegmenter:
    """The same with a memory as in its released code."""
    return _variant("released", changes)


def _variant(name: Variant, changes: Mapping[str, object]) -> MemorySegmenter:
    settings = TmamSettings(variant=name, attention=TINY, grid=4)
    return nano(memory_on=False, **{"tmam": settings, **changes})


def nano_sam2(**changes: object) -> PromptedSegmenter:
    """A SAM2 of half a million weights whose masks change from frame to frame; every object is there."""
    spec = ModelSpec(
        name="nano-sam2",
        method="sam2",
        input="any",
        sam2=NANO.model_copy(update={"policy": Support(pinned=2), "pointers": 4}),
        fit=FitSettings(longest=64),
    )
    torch.manual_seed(0)
    model = build(spec.model_copy(update=changes)).eval()
    enliven(model)
    head = model.get_submodule("network.sam_mask_decoder.pred_obj_score_head.layers.2")
    torch.nn.init.constant_(head.get_parameter("bias"), 20.0)
    return model


@torch.no_grad()
def nano_samed2(**changes: object) -> PromptedSegmenter:
    """The same SAM2 with temporal adapters and a memory of other cases, all of them alive."""
    settings = Samed2Settings(
        base="sam2",
        sam2=NANO.model_copy(update={"policy": Support(pinned=2), "pointers": 4}),
        temporal=TemporalSettings(hidden=4),
        cases=Confidence(capacity=6, top_k=3),
        min_quality=0.0,
    )
    spec = ModelSpec(
        name="nano-samed2",
        method="samed2",
        input="any",
        samed2=settings.model_copy(update=changes),
        fit=FitSettings(longest=64),
    )
    torch.manual_seed(0)
    model = build(spec).eval()
    enliven(model)
    for adapter in model.modules():
        if isinstance(adapter, TemporalAdapter):
            adapter.linear_up.weight.mul_(
                0.2
            )  # else features are those of many frames, and memory matters less
    head = model.get_submodule("network.sam_mask_decoder.pred_obj_score_head.layers.2")
    torch.nn.init.constant_(head.get_parameter("bias"), 20.0)
    return model


def nano_litemedsam() -> PromptedSegmenter:
    """LiteMedSAM with parts of a few thousand weights in the places of its own, and a small memory."""
    network = _lite_memory(lambda width: nn.Conv2d(3, width, 4, 4))
    spec = ModelSpec(name="nano-litemedsam", method="litemedsam", input="any", fit=FitSettings(longest=64))
    return PromptedSegmenter(network, Support(pinned=2), None, spec).eval()


def nano_samed2_lite(time: str | None = "causal", **temporal: object) -> PromptedSegmenter:
    """The same with a TinyViT, temporal adapters in it (none without a `time`) and a memory of other cases."""
    small = {"widths": (8, 8, 16, 16), "depths": (1, 1, 1, 1), "heads": (1, 2, 2, 4), "windows": (3, 3, 5, 3)}
    network = _lite_memory(lambda width: TinyVit(TinyVitSettings(**small, width=width)))  # type: ignore[arg-type]
    looks = None if time is None else TemporalSettings.model_validate({"time": time, **temporal})
    settings = Samed2Settings(temporal=looks, cases=Confidence(capacity=6, top_k=3), min_quality=0.0)
    spec = ModelSpec(
        name="nano-lite", method="samed2", input="any", samed2=settings, fit=FitSettings(longest=64)
    )
    model = put_together(network, settings, spec)
    adapters = [one for one in model.modules() if isinstance(one, TemporalAdapter)]
    for part in (*adapters, model.across):
        enliven(part)  # type: ignore[arg-type]
    return model.eval()


def _lite_memory(encoder: Callable[[int], nn.Module]) -> LiteMedSamMemory:
    torch.manual_seed(0)
    base = LiteMedSam()
    base.width = 32
    base.image_encoder = encoder(base.width)  # type: ignore[assignment]
    base.prompt_encoder = PromptEncoder(base.width)
    plain = MaskDecoderSettings(
        width=base.width, mlp=64, high_res=False, presence=False, quality_sigmoid=False
    )
    base.mask_decoder = MaskDecoder(plain)
    enliven(base)
    network = LiteMedSamMemory(base.requires_grad_(False), PooledMemorySettings(attention=TINY))
    enliven(network.memory)
    nn.init.constant_(network.memory.where.correct.bias, 5.0)  # type: ignore[arg-type]  # finds something in noise
    return network


NANO_LAPG = LapgNetworkSettings(
    width=32,
    encoder=PyramidSettings(trunk="sam2", stride=16, sam2=HIERA_SIZES["nano"]),
    context=ContextSettings(attention=False),
    generator=GeneratorSettings(tokens=2, embed=8, mlp=32),
    decoder=ClassDecoderSettings(mlp=32, channels=(16, 8)),
    attention=MemoryAttentionSettings(width=16, memory_width=8, layers=1, ffn=32),
    pool=1,
)
"""Every part of a LAPG network in about 0.2 M weights; no neighbours, since a stream has none."""


def nano_lapg(**changes: object) -> VolumeSegmenter:
    """A LAPG of such parts, whose gate is open and whose memory says something."""
    given = {"lapg": LapgSettings(network=NANO_LAPG, policy=Support(pinned=2, recent=3), keys=2), **changes}
    spec = nano_spec(name="nano-lapg", method="lapg", input="volume", **given)
    torch.manual_seed(0)
    model = build(spec).eval()
    assert isinstance(model, VolumeSegmenter)
    enliven(model)
    if isinstance(model.network.generator, PromptGenerator):
        nn.init.constant_(model.network.generator.present.bias, 3.0)  # finds something in noise
    nn.init.normal_(model.network.gate, std=0.5)
    nn.init.normal_(model.memory.back.weight, std=0.5)
    return model


def nano_lapg_released(**changes: object) -> VolumeSegmenter:
    """The same with the prompt generator as released."""
    network = NANO_LAPG.model_copy(update={"generator": GeneratorSettings(form="released")})
    settings = LapgSettings(network=network, policy=Support(pinned=2, recent=3), keys=2)
    return nano_lapg(**{"lapg": settings, **changes})


def alive(module: nn.Module) -> nn.Module:
    """The module with such weights, ready for use."""
    enliven(module)
    return module.eval()


@torch.no_grad()
def enliven(module: nn.Module) -> None:
    """Random weights so large that what goes in matters to what comes out."""
    random = torch.Generator().manual_seed(0)
    for parameter in module.parameters():
        noise = torch.randn(parameter.shape, generator=random)
        if parameter.ndim > 1:
            parameter.copy_(noise * max(1, parameter[0].numel()) ** -0.5)
        else:
            parameter.add_(0.02 * noise)


def randomised(module):
    """Weights by chance, of norms around one; what is no number stays."""
    generator = torch.Generator().manual_seed(0)
    for name, tensor in module.state_dict().items():
        if tensor.is_floating_point():
            noise = torch.rand(tensor.shape, generator=generator)
            tensor.copy_(noise + 0.5 if name.endswith(("running_var", "norm.weight")) else noise - 0.5)
    return module.eval()
