"""Our key maps against the names and shapes of two other programs, for every published size and version."""

from pathlib import Path
from unittest.mock import patch

import pytest
import torch
from torch import Tensor, nn

from segmem.methods.load import load, parts_of
from segmem.methods.sam2 import sam2_settings
from segmem.nn.hiera import HIERA_SIZES
from segmem.nn.sam2_network import Sam2Network, Sam2NetworkSettings
from segmem.nn.upstream import HF_FREQUENCIES, from_official, to_official

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"
)

SIZES = {"tiny": "t", "small": "s", "base-plus": "b+", "large": "l"}
COUNTS = {"tiny": 471, "small": 519, "base-plus": 615, "large": 903}  # of 2.1; 2.0 has three fewer
EVERY = pytest.mark.parametrize(("version", "size"), [(v, s) for v in ("sam2", "sam2.1") for s in SIZES])


def facebooks(version: str, size: str) -> nn.Module:
    """Without values."""
    sam2 = pytest.importorskip("sam2")
    from hydra.utils import instantiate
    from omegaconf import OmegaConf

    folder = Path(sam2.__file__).parent / "configs" / version
    config = OmegaConf.load(folder / f"{version}_hiera_{SIZES[size]}.yaml").model
    OmegaConf.resolve(config)
    linspace = torch.linspace
    on_cpu = patch("torch.linspace", lambda *ends: linspace(*ends, device="cpu"))  # its values are read
    with torch.device("meta"), on_cpu:
        return instantiate(config, _recursive_=True)


def hugging_face(version: str, size: str) -> nn.Module:
    """Without values."""
    transformers = pytest.importorskip("transformers")
    hiera = HIERA_SIZES[size]
    trunk = transformers.Sam2HieraDetConfig(
        hidden_size=hiera.embed_dim,
        num_attention_heads=hiera.heads,
        blocks_per_stage=list(hiera.stages),
        embed_dim_per_stage=list(hiera.channels),
        num_attention_heads_per_stage=[hiera.heads * 2**i for i in range(4)],
        window_size_per_stage=list(hiera.windows),
        global_attention_blocks=list(hiera.global_blocks),
        window_positional_embedding_background_size=list(hiera.position_size),
    )
    vision = transformers.Sam2VisionConfig(
        backbone_config=trunk, backbone_channel_list=list(reversed(hiera.channels))
    )
    config = transformers.Sam2VideoConfig(
        vision_config=vision,
        enable_temporal_pos_encoding_for_object_pointers=version == "sam2.1",
        enable_occlusion_spatial_embedding=version == "sam2.1",
    )
    with torch.device("meta"):
        return transformers.Sam2VideoModel(config)


def ours(version: str, size: str, device: str = "meta") -> Sam2Network:
    new = version == "sam2.1"
    settings = Sam2NetworkSettings(encoder=HIERA_SIZES[size], pointer_time=new, absent_code=new)
    with torch.device(device):
        return Sam2Network(settings)


def shapes(state: dict[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(value.shape) for name, value in state.items()}


def values(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Random ones, different for each name."""
    generator = torch.Generator().manual_seed(0)
    return {name: torch.randn(t.shape, generator=generator) for name, t in state.items()}


@EVERY
def test_our_network_has_facebooks_names_and_shapes(version, size):
    expected = shapes(facebooks(version, size).state_dict())
    assert len(expected) == COUNTS[size] - (3 if version == "sam2" else 0)
    assert shapes(ours(version, size).state_dict()) == expected


@EVERY
def test_the_map_to_hugging_face_leaves_nothing_out(version, size):
    mapped = from_official(ours(version, size).state_dict(), "sam2-hf")
    assert shapes(mapped) == shapes(hugging_face(version, size).state_dict())


@pytest.mark.parametrize(("version", "size"), [("sam2", "tiny"), ("sam2.1", "tiny"), ("sam2.1", "base-plus")])
@pytest.mark.parametrize("layout", ["sam2", "sam2-hf"])
def test_original_to_ours_and_back_is_bit_exact(version, size, layout):
    network = ours(version, size, "cpu")
    names = (
        facebooks(version, size).state_dict()
        if layout == "sam2"
        else hugging_face(version, size).state_dict()
    )
    original = values(names)
    if layout == "sam2-hf":
        original["shared_image_embedding.positional_embedding"] = original[
            "prompt_encoder.shared_embedding.positional_embedding"
        ]
    network.load_state_dict(to_official(original), strict=True)
    back = from_official(network.state_dict(), layout)
    assert back.keys() == original.keys()
    assert all(torch.equal(back[name], original[name]) for name in original)


@pytest.mark.parametrize("shard", ["5GB", "40MB"], ids=["one file", "several"])
def test_a_folder_that_transformers_saved_loads_with_every_value(tmp_path, shard):
    theirs = hugging_face("sam2.1", "tiny").to_empty(device="cpu")
    original = values(theirs.state_dict())
    first, second = HF_FREQUENCIES
    original[first] = original[second]
    theirs.load_state_dict(original)
    theirs.save_pretrained(tmp_path, max_shard_size=shard)
    assert (len(list(tmp_path.glob("*.safetensors"))) > 1) == (shard == "40MB")
    model = load(tmp_path)
    assert (model.spec.fit.longest, model.spec.sam2) == (1024, sam2_settings("tiny"))
    back = from_official(parts_of(model).state_dict(), "sam2-hf")
    assert back.keys() == original.keys()
    assert all(torch.equal(back[name], original[name]) for name in original)
