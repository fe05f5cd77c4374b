"""Checkpoints as other programs write them, of a SAM2 small enough for tests."""

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from segmem.io.tensors import write_tensors
from segmem.methods.sam2 import NANO, Sam2Settings
from segmem.nn.sam2_network import Sam2Network
from segmem.nn.upstream import from_official

CONFIG = {"model_type": "sam2_video", "image_size": 256, "max_object_pointers_in_encoder": 16}


def older() -> Sam2Settings:
    """The same size, of version 2.0."""
    network = NANO.network.model_copy(update={"pointer_time": False, "absent_code": False})
    return NANO.model_copy(update={"network": network})


def official(settings: Sam2Settings = NANO) -> dict[str, Tensor]:
    """Random values under facebook's names."""
    generator = torch.Generator().manual_seed(0)
    names = Sam2Network(settings.network).state_dict()
    return {name: torch.randn(value.shape, generator=generator) * 0.1 for name, value in names.items()}


def write_pt(path: Path, state: Mapping[str, Tensor] | None = None) -> Path:
    """As facebook's trainer writes it."""
    torch.save({"model": dict(state or official()), "epoch": 3, "optimizer": {"state": {}}}, path)
    return path


def write_hf(folder: Path, shards: int = 1, config: Mapping[str, object] = CONFIG) -> Path:
    """A folder as `transformers` saves it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    state = from_official(official(), "sam2-hf")
    if shards == 1:
        write_tensors(folder / "model.safetensors", state, {})
        return folder
    names = sorted(state)
    place = {name: f"model-{i % shards + 1:05d}-of-{shards:05d}.safetensors" for i, name in enumerate(names)}
    for file in set(place.values()):
        write_tensors(folder / file, {n: state[n] for n in names if place[n] == file}, {})
    index = {"metadata": {}, "weight_map": place}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return folder


def samed2(settings: Sam2Settings | None = None) -> dict[str, Tensor]:
    """Random values under the names of SAMed-2's release: a SAM2 of version 2.0, adapters, and fusion never used."""
    settings = settings or older()
    state, trunk = official(settings), "image_encoder.trunk.blocks"
    generator = torch.Generator().manual_seed(1)

    def made(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator) * 0.1

    for number in range(sum(settings.network.encoder.stages)):
        d, h = len(state[f"{trunk}.{number}.norm2.weight"]), 32
        adapter = {
            "norm.weight": (d,),
            "norm.bias": (d,),
            "linear_down.weight": (h, d),
            "linear_down.bias": (h,),
            "conv.weight": (h, h, 3, 3, 3),
            "conv.bias": (h,),
            "linear_up.weight": (d, h),
            "linear_up.bias": (d,),
        }
        fusion = {
            "cross_attn.in_proj_weight": (3 * d, d),
            "cross_attn.in_proj_bias": (3 * d,),
            "cross_attn.out_proj.weight": (d, d),
            "cross_attn.out_proj.bias": (d,),
            "norm.weight": (d,),
            "norm.bias": (d,),
        }
        state |= {f"{trunk}.{number}.adapter.{name}": made(*shape) for name, shape in adapter.items()}
        state |= {f"{trunk}.{number}.fancy_fusion.{name}": made(*shape) for name, shape in fusion.items()}
    return state
