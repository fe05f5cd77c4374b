"""How published SAM-family checkpoints name the tensors that our modules name as facebook's SAM2 does."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Literal

import torch
from torch import Tensor

from segmem.core.errors import WeightsError

Family = Literal["sam2", "sam2-hf", "samed2", "litemedsam", "sam1", "segmem"]
Layout = Literal["sam2", "sam2-hf", "samed2", "litemedsam", "sam1"]
Pairs = tuple[tuple[str, str], ...]  # (our name, theirs): `#` any number, `*` weight or bias

SIGNS: tuple[tuple[str, Family], ...] = (  # the first that some name of a file fits
    (r"image_encoder\.trunk\.blocks\.\d+\.adapter\.", "samed2"),  # SAMed-2's: a SAM2 with adapters
    (r"vision_encoder\.(backbone|neck)\.|memory_temporal_positional_encoding$", "sam2-hf"),
    (r"image_encoder\.(trunk|neck\.convs)\.|sam_mask_decoder\.|maskmem_tpos_enc$", "sam2"),
    (r"image_encoder\.patch_embed\.seq\.", "litemedsam"),
    (r"image_encoder\.blocks\.\d+\.attn\.rel_pos_|image_encoder\.pos_embed$", "sam1"),
    (r"(base|memory)\.", "segmem"),
)


UNUSED = re.compile(  # SAMed-2 builds an attention block beside each adapter, saves it and never calls it
    r"image_encoder\.trunk\.blocks\.\d+\.fancy_fusion\."
    r"(cross_attn\.(in_proj_weight|in_proj_bias|out_proj\.(weight|bias))|norm\.(weight|bias))"
)


def family(state: Mapping[str, object]) -> Family | None:
    """Whose names these are; None where nothing of the SAM family is among them."""
    for sign, found in SIGNS:
        if any(re.match(sign, name) for name in state):
            return found
    return None


def to_official(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same tensors under the names of our modules. Names that no map knows stay as they are; SAMed-2's fusion
    weights, which nothing reads, are left out.

    Values do not change: Hugging Face keeps facebook's order of rotary rows, and so does our `state_dict`.

    Raises:
        WeightsError: a Hugging Face file's two copies of the random frequencies differ.
    """
    kind = family(state)
    if kind == "sam2-hf":
        return _from_hf(state)
    if kind in {"litemedsam", "sam1"}:
        return {_renamed(name, SAM1, back=True): value for name, value in state.items()}
    if kind == "samed2":
        return {name: value for name, value in state.items() if not UNUSED.fullmatch(name)}
    return dict(state)


def from_official(state: Mapping[str, Tensor], layout: Layout) -> dict[str, Tensor]:
    """The inverse of `to_official`: the tensors as a program of `layout` expects them in a file."""
    if layout == "sam2-hf":
        return _to_hf(state)
    if layout in {"litemedsam", "sam1"}:
        return {_renamed(name, SAM1): value for name, value in state.items()}
    return dict(state)


def _from_hf(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    out: dict[str, Tensor] = {}
    for name, value in state.items():
        if name == HF_POINTS:
            out |= {POINTS.format(i): row[None] for i, row in enumerate(value)}
        elif name in HF_FREQUENCIES:
            if not torch.equal(out.setdefault(FREQUENCIES, value), value):
                raise WeightsError(
                    f"{' and '.join(HF_FREQUENCIES)} differ; they must be copies of each other."
                )
        else:
            out[_renamed(name, SAM2_HF, back=True)] = value
    return out


def _to_hf(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    points = {POINTS.format(i) for i in range(4)}
    out: dict[str, Tensor] = {}
    for name, value in state.items():
        if name in points and points <= state.keys():
            if HF_POINTS not in out:
                out[HF_POINTS] = torch.cat([state[point] for point in sorted(points)])
        elif name == FREQUENCIES:
            out |= {copy: value.clone() for copy in HF_FREQUENCIES}
        else:
            out[_renamed(name, SAM2_HF)] = value
    return out


def _renamed(name: str, pairs: Pairs, *, back: bool = False) -> str:
    for pattern, template in _patterns(pairs, back):
        if found := pattern.fullmatch(name):
            return template.format(*found.groups())
    return name


@cache
def _patterns(pairs: Pairs, back: bool) -> tuple[tuple[re.Pattern[str], str], ...]:
    def pattern(name: str) -> re.Pattern[str]:
        return re.compile(re.escape(name).replace(r"\#", r"(\d+)").replace(r"\*", "(weight|bias)"))

    def template(name: str) -> str:
        return name.replace("#", "{}").replace("*", "{}")

    return tuple((pattern(b), template(a)) if back else (pattern(a), template(b)) for a, b in pairs)


def _under(ours: str, theirs: str, pairs: Pairs) -> Pairs:
    return tuple((f"{ours}.{a}", f"{theirs}.{b}") for a, b in pairs)


def _attention(ours: str, theirs: str) -> Pairs:
    same: Pairs = tuple((f"{x}_proj.*", f"{x}_proj.*") for x in "qkv")
    return _under(ours, theirs, (*same, ("out_proj.*", "o_proj.*")))


POINTS, HF_POINTS = "sam_prompt_encoder.point_embeddings.{}.weight", "prompt_encoder.point_embed.weight"
FREQUENCIES = "sam_prompt_encoder.pe_layer.positional_encoding_gaussian_matrix"
HF_FREQUENCIES = (
    "shared_image_embedding.positional_embedding",
    "prompt_encoder.shared_embedding.positional_embedding",
)

PERCEPTRON_2: Pairs = (("layers.0.*", "proj_in.*"), ("layers.1.*", "proj_out.*"))
PERCEPTRON_3: Pairs = (
    ("layers.0.*", "proj_in.*"),
    ("layers.1.*", "layers.0.*"),
    ("layers.2.*", "proj_out.*"),
)

SAM1: Pairs = tuple(
    (
        f"mask_decoder.transformer.layers.#.mlp.layers.{i}.*",
        f"mask_decoder.transformer.layers.#.mlp.lin{i + 1}.*",
    )
    for i in range(2)
)

HIERA: Pairs = (
    ("pos_embed", "pos_embed"),
    ("pos_embed_window", "pos_embed_window"),
    ("patch_embed.proj.*", "patch_embed.projection.*"),
    ("blocks.#.norm#.*", "blocks.#.layer_norm#.*"),
    ("blocks.#.attn.qkv.*", "blocks.#.attn.qkv.*"),
    ("blocks.#.attn.proj.*", "blocks.#.attn.proj.*"),
    ("blocks.#.proj.*", "blocks.#.proj.*"),
    *_under("blocks.#.mlp", "blocks.#.mlp", PERCEPTRON_2),
)
PROMPTS: Pairs = (
    ("not_a_point_embed.weight", "not_a_point_embed.weight"),
    ("no_mask_embed.weight", "no_mask_embed.weight"),
    ("mask_downscaling.0.*", "mask_embed.conv1.*"),
    ("mask_downscaling.1.*", "mask_embed.layer_norm1.*"),
    ("mask_downscaling.3.*", "mask_embed.conv2.*"),
    ("mask_downscaling.4.*", "mask_embed.layer_norm2.*"),
    ("mask_downscaling.6.*", "mask_embed.conv3.*"),
)
TWO_WAY: Pairs = (
    *(
        pair
        for name in ("self_attn", "cross_attn_token_to_image", "cross_attn_image_to_token")
        for pair in _attention(f"layers.#.{name}", f"layers.#.{name}")
    ),
    ("layers.#.norm#.*", "layers.#.layer_norm#.*"),
    *_under("layers.#.mlp", "layers.#.mlp", PERCEPTRON_2),
    *_attention("final_attn_token_to_image", "final_attn_token_to_image"),
    ("norm_final_attn.*", "layer_norm_final_attn.*"),
)
DECODER: Pairs = (
    *((f"{name}.weight", f"{name}.weight") for name in ("iou_token", "mask_tokens", "obj_score_token")),
    *((f"conv_s{i}.*", f"conv_s{i}.*") for i in range(2)),
    ("output_upscaling.0.*", "upscale_conv1.*"),
    ("output_upscaling.1.*", "upscale_layer_norm.*"),
    ("output_upscaling.3.*", "upscale_conv2.*"),
    *_under("output_hypernetworks_mlps.#", "output_hypernetworks_mlps.#", PERCEPTRON_3),
    *_under("iou_prediction_head", "iou_prediction_head", PERCEPTRON_3),
    *_under("pred_obj_score_head", "pred_obj_score_head", PERCEPTRON_3),
    *_under("transformer", "transformer", TWO_WAY),
)
MEMORY_ATTENTION: Pairs = (
    *_attention("layers.#.self_attn", "layers.#.self_attn"),
    *_attention("layers.#.cross_attn_image", "layers.#.cross_attn_image"),
    ("layers.#.linear#.*", "layers.#.linear#.*"),
    ("layers.#.norm#.*", "layers.#.layer_norm#.*"),
    ("norm.*", "layer_norm.*"),
)
MEMORY_ENCODER: Pairs = (
    *((f"mask_downsampler.encoder.{3 * i}.*", f"mask_downsampler.layers.{i}.conv.*") for i in range(4)),
    *(
        (f"mask_downsampler.encoder.{3 * i + 1}.*", f"mask_downsampler.layers.{i}.layer_norm.*")
        for i in range(4)
    ),
    ("mask_downsampler.encoder.12.*", "mask_downsampler.final_conv.*"),
    ("pix_feat_proj.*", "feature_projection.*"),
    ("fuser.layers.#.gamma", "memory_fuser.layers.#.scale"),
    ("fuser.layers.#.dwconv.*", "memory_fuser.layers.#.depthwise_conv.*"),
    ("fuser.layers.#.norm.*", "memory_fuser.layers.#.layer_norm.*"),
    ("fuser.layers.#.pwconv#.*", "memory_fuser.layers.#.pointwise_conv#.*"),
    ("out_proj.*", "projection.*"),
)
SAM2_HF: Pairs = (
    ("maskmem_tpos_enc", "memory_temporal_positional_encoding"),
    ("no_mem_embed", "no_memory_embedding"),
    ("no_mem_pos_enc", "no_memory_positional_encoding"),
    ("no_obj_ptr", "no_object_pointer"),
    ("no_obj_embed_spatial", "occlusion_spatial_embedding_parameter"),
    ("mask_downsample.*", "mask_downsample.*"),
    ("obj_ptr_tpos_proj.*", "temporal_positional_encoding_projection_layer.*"),
    ("image_encoder.neck.convs.#.conv.*", "vision_encoder.neck.convs.#.*"),
    *_under("obj_ptr_proj", "object_pointer_proj", PERCEPTRON_3),
    *_under("image_encoder.trunk", "vision_encoder.backbone", HIERA),
    *_under("sam_prompt_encoder", "prompt_encoder", PROMPTS),
    *_under("sam_mask_decoder", "mask_decoder", DECODER),
    *_under("memory_attention", "memory_attention", MEMORY_ATTENTION),
    *_under("memory_encoder", "memory_encoder", MEMORY_ENCODER),
)
