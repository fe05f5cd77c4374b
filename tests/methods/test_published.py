import pytest
import torch

from checkpoints import CONFIG, official, older, samed2, write_hf, write_pt
from segmem.core import PromptBatch
from segmem.core.errors import UsageError, WeightsError
from segmem.io.tensors import write_tensors
from segmem.methods.load import load
from segmem.methods.published import infer, read_published
from segmem.methods.sam2 import NANO, sam2_settings
from segmem.nn.sam2_network import Sam2Network
from segmem.state import State


def shapes(settings):
    with torch.device("meta"):
        return Sam2Network(settings.network).state_dict()


@pytest.mark.parametrize("version", ["2.0", "2.1"])
@pytest.mark.parametrize("size", ["tiny", "small", "base-plus", "large"])
def test_size_and_version_are_told_by_the_shapes(size, version):
    settings = sam2_settings(size, version)
    assert infer(shapes(settings)) == settings


@pytest.mark.parametrize("settings", [NANO, older()], ids=["2.1", "2.0"])
def test_a_small_one_is_told_by_its_shapes(settings):
    assert infer(official(settings)).network == settings.network


def test_an_unknown_trunk_is_refused():
    state = official()
    del state["image_encoder.trunk.blocks.2.proj.weight"]
    with pytest.raises(WeightsError, match=r"image encoder \(16 channels, blocks .* none of SAM2's"):
        infer(state)
    with pytest.raises(WeightsError, match="blocks none"):
        infer({"no_mem_embed": torch.zeros(1, 1, 256)})


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("sam2.1_hiera_tiny.pt", None, 1024),
        ("MedSAM2_latest.pt", None, 512),
        ("MedSAM2_latest.pt", 256, 256),
        ("mine.pt", 512, 512),
    ],
)
def test_the_input_size_is_given_or_told_by_the_name(tmp_path, name, given, expected):
    found = read_published(write_pt(tmp_path / name), given)
    assert found.spec.fit.longest == expected
    assert found.spec.fit.square
    assert (found.spec.method, found.spec.input, found.layout) == ("sam2", "any", "sam2")
    assert found.spec.name == name.removesuffix(".pt")
    assert found.tensors.keys() == official().keys()


@pytest.mark.parametrize("size", [384, [384, 384], [384, 256]])
def test_a_hugging_face_config_says_the_size(tmp_path, size):
    folder = write_hf(tmp_path / "mine", config={**CONFIG, "image_size": size})
    found = read_published(folder / "model.safetensors")
    assert (found.spec.fit.longest, found.spec.name, found.layout) == (384, "mine", "sam2-hf")
    assert read_published(folder / "model.safetensors", 64).spec.fit.longest == 64


def test_a_hugging_face_config_says_what_shapes_cannot(tmp_path):
    config = {"max_object_pointers_in_encoder": 8, "max_cond_frame_num": 4}
    found = read_published(write_hf(tmp_path, config=config) / "model.safetensors").spec.sam2
    assert found is not None
    assert (found.pointers, found.policy.nearest) == (8, 4)
    assert found.network == NANO.network


@pytest.mark.parametrize(
    "config",
    [{}, {"image_size": "large", "max_cond_frame_num": -1}, {"image_size": [], "mask_decoder_config": 3}],
)
def test_a_config_that_says_nothing_leaves_what_is_usual(tmp_path, config):
    found = read_published(write_hf(tmp_path, config=config) / "model.safetensors").spec
    assert found.sam2 is not None
    assert (found.fit.longest, found.sam2.pointers, found.sam2.policy.nearest) == (1024, 16, None)


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"sigmoid_scale_for_mem_enc": 10.0}, "sigmoid_scale_for_mem_enc = 10.0; segmem knows 20 only"),
        ({"mask_decoder_config": {"num_attention_heads": 4}}, "num_attention_heads = 4; segmem knows 8 only"),
    ],
)
def test_a_config_that_asks_for_another_network_is_refused(tmp_path, config, told):
    with pytest.raises(WeightsError, match=told):
        read_published(write_hf(tmp_path, config=config) / "model.safetensors")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("layer1.0.conv1.weight", "of no SAM2-family network"),
        ("image_encoder.blocks.0.attn.rel_pos_h", "SAM 1's with its large ViT"),
        ("memory.back.weight", "nothing says with which settings"),
    ],
)
def test_another_network_is_named(tmp_path, name, told):
    write_tensors(tmp_path / "x.safetensors", {name: torch.ones(1)}, {})
    with pytest.raises(WeightsError, match=told) as caught:
        read_published(tmp_path / "x.safetensors")
    assert name in str(caught.value)


@pytest.mark.parametrize("size", [0, 16, 500])
def test_a_size_that_cells_do_not_divide_is_refused(tmp_path, size):
    with pytest.raises(UsageError, match="multiple of 32"):
        read_published(write_pt(tmp_path / "x.pt"), size or 1)


def test_litemedsams_own_way_to_the_grid(tmp_path):
    write_tensors(tmp_path / "x.safetensors", {"image_encoder.patch_embed.seq.0.c.weight": torch.ones(1)}, {})
    found = read_published(tmp_path / "x.safetensors")
    assert (found.spec.method, found.spec.fit.longest, found.spec.intensity.scale) == (
        "litemedsam",
        256,
        "frame",
    )
    assert list(found.tensors) == ["image_encoder.patch_embed.seq.0.c.weight"]


def test_samed2_s_release_is_a_sam2_with_adapters(tmp_path):
    found = read_published(write_pt(tmp_path / "latest_epoch_0217.pth", samed2()))
    settings = found.spec.samed2
    assert (found.layout, found.spec.method) == ("samed2", "samed2")
    assert (settings.base, settings.temporal.time, settings.temporal.hidden) == ("sam2", "windows", 32)
    assert settings.sam2.network == older().network
    assert found.spec.intensity.scale == "unit"
    assert found.spec.fit.longest == 1024
    assert not any("fancy_fusion" in name for name in found.tensors)


def test_the_published_size_of_samed2_is_known_by_its_shapes():
    state = shapes(sam2_settings("small", "2.0"))
    assert infer(state).network.encoder.stages == (1, 2, 11, 2)


@torch.no_grad()
def test_samed2_s_release_is_loaded_whole_and_runs(tmp_path):
    path = write_pt(tmp_path / "latest_epoch_0217.pth", samed2())
    model = load(path, size=64)
    adapter = model.network.image_encoder.trunk.blocks[1].adapter
    name = "image_encoder.trunk.blocks.1.adapter.conv.weight"
    assert torch.equal(adapter.conv.weight, samed2()[name])
    box = PromptBatch((1,), boxes=torch.tensor([[(10.0, 8.0, 50.0, 44.0)]]))
    prediction, _ = model.step(torch.rand(1, 3, 64, 64), State.start(), box)
    assert prediction.logits.isfinite().all()


@pytest.mark.parametrize("odd", ["fancy_fusion.other.weight", "adapter.other.weight"])
def test_a_name_that_samed2_s_release_has_not_is_refused(tmp_path, odd):
    state = samed2() | {f"image_encoder.trunk.blocks.0.{odd}": torch.zeros(2)}
    with pytest.raises(WeightsError, match="1 unexpected"):
        load(write_pt(tmp_path / "m.pth", state), size=64)


def test_an_adapter_that_is_missing_is_missed(tmp_path):
    state = samed2()
    del state["image_encoder.trunk.blocks.2.adapter.conv.bias"]
    with pytest.raises(WeightsError, match="1 missing"):
        load(write_pt(tmp_path / "m.pth", state), size=64)
