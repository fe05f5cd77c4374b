"""From the tensors of a published SAM2-family checkpoint to the settings of the model they belong to."""

import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from segmem.core.errors import UsageError, WeightsError
from segmem.io.hub import id_of, read_config, read_weights
from segmem.memory import Support
from segmem.methods.litemedsam import LiteMedSamSettings
from segmem.methods.sam2 import Sam2Settings
from segmem.methods.samed2 import samed2_settings
from segmem.methods.spec import ModelSpec
from segmem.nn.hiera import HIERA_SIZES, MULTIPLE, HieraSettings
from segmem.nn.litemedsam import FIT
from segmem.nn.mask_decoder import MaskDecoderSettings
from segmem.nn.memory_attention import MemoryAttentionSettings
from segmem.nn.sam2_network import Sam2NetworkSettings
from segmem.nn.temporal_adapter import TemporalSettings
from segmem.nn.upstream import Layout, family, to_official
from segmem.ops.fit import FitSettings
from segmem.ops.intensity import IntensitySettings

CLASSES = ("background", "object")
SIZE = 1024  # pixels of SAM2's input
MEDSAM2_SIZE = 512  # of MedSAM2's, whose tensors are named and shaped as SAM 2.1 tiny's
ONE_WAY = {  # what a Hugging Face config may say only so
    "sigmoid_scale_for_mem_enc": 20,
    "sigmoid_bias_for_mem_enc": -10,
    "memory_attention_downsample_rate": 1,
    "memory_attention_num_attention_heads": 1,
    "mask_decoder_config.num_attention_heads": 8,
}
UNREAD = {
    "sam1": "SAM 1's with its large ViT, which segmem does not run; LiteMedSAM and SAM 2 it does",
    "segmem": "segmem's, but nothing says with which settings; its own .safetensors files do",
    None: "of no SAM2-family network, and its header names no segmem model",
}


class Published(NamedTuple):
    """A checkpoint of another program, understood."""

    spec: ModelSpec
    tensors: dict[str, Tensor]
    """Under the names of our modules."""
    layout: Layout
    """How the file named them."""


def read_published(path: Path, size: int | None = None) -> Published:
    """Read a file, or the list of a Hugging Face folder's files, and say what model it is.

    Args:
        path: a weights' file or an index, as `methods.load.find_weights` gives it.
        size: pixels of the longer side of the input. None takes what `config.json` says, else 512 for a file
            that is called MedSAM2, else 1024.

    Raises:
        FormatError: the file is damaged, or not one that can be read without running code.
        WeightsError: it is not of the SAM2 family, or of a size or kind that is not known.
    """
    found = read_weights(path)
    layout = family(found)
    if layout == "litemedsam":
        return Published(_litemedsam(path.stem), to_official(found), layout)
    if layout == "samed2":
        return _samed2(path, to_official(found), size)
    if layout not in {"sam2", "sam2-hf"}:
        raise WeightsError(f"{path}: its {len(found)} tensors are {UNREAD[layout]} ({_some(found)}).")
    config = read_config(path.parent) if layout == "sam2-hf" else {}
    tensors = to_official(found)
    try:
        settings = _with_config(infer(tensors), config)
    except WeightsError as error:
        raise WeightsError(f"{path}: {error}") from None
    usual = MEDSAM2_SIZE if "medsam2" in path.name.lower() else SIZE
    spec = ModelSpec(
        name=id_of(path.parent).rpartition("/")[2] if layout == "sam2-hf" else path.stem,
        method="sam2",
        input="any",
        classes=CLASSES,
        sam2=settings,
        fit=resized(FitSettings(square=True), size or _size_in(config) or usual),
    )
    return Published(spec, tensors, layout)


def _samed2(path: Path, tensors: Mapping[str, Tensor], size: int | None) -> Published:
    """SAMed-2's released weights: a SAM2 with an adapter in each block, whose code of other cases is none.

    Its images were scaled to 0..1 and squeezed to a square, and not normalised further.
    """
    try:
        sam2 = infer(tensors)
    except WeightsError as error:
        raise WeightsError(f"{path}: {error}") from None
    hidden = _length(tensors, "image_encoder.trunk.blocks.0.adapter.linear_down.weight", 0, 32)
    settings = samed2_settings(
        "released", sam2=sam2, temporal=TemporalSettings(time="windows", hidden=hidden)
    )
    spec = ModelSpec(
        name=path.stem,
        method="samed2",
        input="any",
        classes=CLASSES,
        samed2=settings,
        fit=resized(FitSettings(square=True), size or SIZE),
        intensity=IntensitySettings(scale="unit"),
    )
    ours = {f"network.{name}": value for name, value in tensors.items()}
    ours["cases.code"] = torch.zeros(sam2.network.attention.memory_width)
    return Published(spec, ours, "samed2")


def resized(fit: FitSettings, size: int) -> FitSettings:
    """The same way to the model's grid, with `size` pixels on the longer side.

    Raises:
        UsageError: the network's cells do not divide it.
    """
    if size < MULTIPLE or (fit.square and size % MULTIPLE):
        raise UsageError(f"An input size of {size} pixels cannot be: it must be a multiple of {MULTIPLE}.")
    return fit.model_copy(update={"longest": size})


def _litemedsam(name: str) -> ModelSpec:
    """The published network, which has one input size, with a memory of the usual size."""
    return ModelSpec(
        name=name,
        method="litemedsam",
        input="any",
        classes=CLASSES,
        litemedsam=LiteMedSamSettings(),
        fit=FIT,
        intensity=IntensitySettings(scale="frame"),
    )


def infer(tensors: Mapping[str, Tensor]) -> Sam2Settings:
    """The settings of a SAM2 model, by the names and shapes of its tensors.

    Version 2.1 is known by the codes it added. Where a part is missing its settings are SAM 2.1 tiny's; what
    shapes do not tell (heads, windows) is as in the published model with these shapes.

    Raises:
        WeightsError: the image encoder is none of the known Hieras.
    """
    width = _length(tensors, "memory_attention.norm.weight", 0, 256)
    memory_width = _length(tensors, "maskmem_tpos_enc", 3, 64)
    attention = MemoryAttentionSettings(
        width=width,
        memory_width=memory_width,
        layers=_count(tensors, r"memory_attention\.layers\.(\d+)\.") or 4,
        ffn=_length(tensors, "memory_attention.layers.0.linear1.weight", 0, 2048),
    )
    blocks = "sam_mask_decoder.transformer.layers"
    decoder = MaskDecoderSettings(
        width=width,
        depth=_count(tensors, rf"{re.escape(blocks)}\.(\d+)\.") or 2,
        mlp=_length(tensors, f"{blocks}.0.mlp.layers.0.weight", 0, 2048),
        masks=_length(tensors, "sam_mask_decoder.mask_tokens.weight", 0, 4) - 1,
    )
    codes = _length(tensors, "maskmem_tpos_enc", 0, 7)
    network = Sam2NetworkSettings(
        encoder=_hiera(tensors),
        attention=attention,
        decoder=decoder,
        codes=codes,
        pointer_time="obj_ptr_tpos_proj.weight" in tensors,
        absent_code="no_obj_embed_spatial" in tensors,
    )
    return Sam2Settings(network=network, policy=Support(recent=max(codes - 1, 1)))


def _hiera(tensors: Mapping[str, Tensor]) -> HieraSettings:
    """The trunk with these shapes: a stage begins where a block changes the number of channels."""
    trunk = "image_encoder.trunk"
    depth = _count(tensors, rf"{re.escape(trunk)}\.blocks\.(\d+)\.")
    starts = [0, *(i for i in range(depth) if f"{trunk}.blocks.{i}.proj.weight" in tensors), depth]
    stages = tuple(end - start for start, end in pairwise(starts))
    embed_dim = _length(tensors, f"{trunk}.pos_embed", 1, 0)
    for known in HIERA_SIZES.values():
        if (known.embed_dim, known.stages) == (embed_dim, stages):
            return known
    raise WeightsError(
        f"its image encoder ({embed_dim} channels, blocks {stages if depth else 'none'}) is none of SAM2's "
        f"({', '.join(HIERA_SIZES)})."
    )


def _with_config(settings: Sam2Settings, config: Mapping[str, object]) -> Sam2Settings:
    """The settings with what only a Hugging Face config says.

    Raises:
        WeightsError: it asks for what is done in one way only.
    """
    for name, value in ONE_WAY.items():
        if (asked := _asked(config, name)) not in {None, value}:
            raise WeightsError(f"its config.json has {name} = {asked!r}; segmem knows {value} only.")
    policy = settings.policy.model_copy(update={"nearest": _number(config, "max_cond_frame_num", least=2)})
    pointers = _number(config, "max_object_pointers_in_encoder", least=2) or settings.pointers
    return settings.model_copy(update={"policy": policy, "pointers": pointers})


def _asked(config: Mapping[str, object], name: str) -> object:
    """The value under a name whose dots go a level down; None where nothing is said."""
    part, _, rest = name.partition(".")
    value = config.get(part)
    if not rest:
        return value if isinstance(value, int | float | str) else None
    return _asked(value, rest) if isinstance(value, dict) else None


def _size_in(config: Mapping[str, object]) -> int | None:
    size = config.get("image_size")
    sides = size if isinstance(size, list) else [size]
    return max((side for side in sides if isinstance(side, int) and side > 1), default=None)


def _number(config: Mapping[str, object], name: str, least: int) -> int | None:
    """A whole number from `least` on; None where nothing of that kind is said (-1 stands for no limit)."""
    value = config.get(name)
    return value if isinstance(value, int) and value >= least else None


def _length(tensors: Mapping[str, Tensor], name: str, axis: int, otherwise: int) -> int:
    tensor = tensors.get(name)
    return otherwise if tensor is None or tensor.ndim <= axis else tensor.shape[axis]


def _count(tensors: Mapping[str, Tensor], pattern: str) -> int:
    """How many different numbers the names have in a place."""
    return len({found[1] for name in tensors if (found := re.match(pattern, name))})


def _some(names: Mapping[str, object]) -> str:
    return ", ".join(list(names)[:3]) + (", ..." if len(names) > 3 else "")
