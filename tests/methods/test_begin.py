import pytest
import segmentation_models_pytorch as smp
import torch

from nano import nano, nano_sam2, nano_spec
from segmem.core.errors import WeightsError
from segmem.methods.begin import fill_memory, fill_network
from segmem.methods.build import build
from segmem.methods.load import save
from segmem.methods.sam2 import NANO
from segmem.methods.tmam import TmamSettings

ENCODER = "timm-mobilenetv3_small_minimal_100"


def trained(classes=3):
    torch.manual_seed(7)
    return smp.create_model("Unet", ENCODER, encoder_weights=None, classes=classes).eval()


def same(network, theirs):
    frame = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        return torch.allclose(network.decode(network.encode(frame)), theirs(frame), atol=1e-6)


@pytest.mark.parametrize(
    "pack",
    [
        lambda state: state,
        lambda state: {"state_dict": {f"model.{n}": v for n, v in state.items()}, "epoch": 3},
        lambda state: {
            "state_dict": {f"net.{n}": v for n, v in state.items()} | {"loss.weight": torch.ones(3)},
            "hyper_parameters": {"lr": 0.1},
        },
        lambda state: {f"module.{n}": v for n, v in state.items()},
        lambda state: {f"module._orig_mod.segmenter.{n}": v for n, v in state.items()},
    ],
    ids=["plain", "Lightning", "Lightning with a loss", "DDP", "wrapped thrice"],
)
def test_a_trained_network_loads_as_it_is(pack, tmp_path):
    theirs, model = trained(), nano()
    torch.save(pack(theirs.state_dict()), tmp_path / "last.ckpt")
    memory = {n: v.clone() for n, v in model.memory.state_dict().items()}
    fill_network(model, tmp_path / "last.ckpt")
    assert same(model.network, theirs)
    assert all(torch.equal(v, memory[n]) for n, v in model.memory.state_dict().items())


def test_the_network_of_a_model_of_ours(tmp_path):
    ours, other = nano(), build(nano_spec())
    save(ours, tmp_path / "model.safetensors")
    fill_network(other, tmp_path / "model.safetensors")
    for name, value in ours.network.named_parameters():
        assert torch.allclose(
            value, other.network.get_parameter(name), rtol=0.01, atol=1e-4
        )  # matrices in bf16
    assert float(other.memory.back.weight.detach().abs().max()) == 0


def test_another_number_of_classes_says_so(tmp_path):
    torch.save(trained(classes=10).state_dict(), tmp_path / "ten.pth")
    model = nano()
    before = model.network.state_dict()["segmentation_head.0.weight"].clone()
    with pytest.raises(WeightsError, match=r"has 10 classes, model\.classes names 3"):
        fill_network(model, tmp_path / "ten.pth")
    assert torch.equal(model.network.state_dict()["segmentation_head.0.weight"], before)


def test_another_network_is_told_by_groups(tmp_path):
    torch.save(smp.create_model("FPN", "resnet18", encoder_weights=None).state_dict(), tmp_path / "other.pth")
    with pytest.raises(WeightsError, match=r"not those of the 2D network: .* missing .*encoder"):
        fill_network(nano(), tmp_path / "other.pth")


def memory_like_sam2():
    sizes = NANO.network.attention
    return build(nano_spec(tmam=TmamSettings(attention=sizes)))


def test_the_memory_of_a_sam2_fits_a_memory_of_its_size(tmp_path):
    sam2, model = nano_sam2(), memory_like_sam2()
    save(sam2, tmp_path / "sam2.safetensors")
    fill_memory(model, tmp_path / "sam2.safetensors")
    theirs, ours = sam2.network.state_dict(), model.memory.state_dict()
    shared = [n for n in ours if n.startswith(("memory_attention.", "memory_encoder."))]
    assert shared
    assert all(torch.allclose(ours[n], theirs[n], atol=0.01) for n in shared)


def test_a_memory_of_ours_brings_its_code_of_recency(tmp_path):
    ours, other = nano(), build(nano_spec())
    save(ours, tmp_path / "model.safetensors")
    fill_memory(other, tmp_path / "model.safetensors")
    code = "temporal_code.maskmem_tpos_enc"
    assert torch.allclose(other.memory.get_parameter(code), ours.memory.get_parameter(code), atol=1e-3)
    assert float(other.memory.back.weight.detach().abs().max()) == 0


def evident(classes=("background", "shaft", "tip"), capacity=3):
    sizes = {"width": 32, "memory_width": 16, "layers": 1, "ffn": 64}
    tmam = {"attention": sizes, "policy": {"capacity": capacity}, "evidence": {}}
    spec = nano_spec(tmam=TmamSettings.model_validate(tmam))
    return build(spec.model_copy(update={"classes": classes}))


def test_what_reads_features_comes_along_and_what_writes_begins_as_nothing(tmp_path):
    ours, other = evident(), evident(("background", "object"))
    with torch.no_grad():
        ours.memory.back.weight.fill_(0.1)
        ours.memory.evidence.stay.log_reach.fill_(0.5)
    save(ours, tmp_path / "model.safetensors")
    parts = fill_memory(other, tmp_path / "model.safetensors")
    assert parts == ["memory_attention", "memory_encoder", "project", "evidence.match", "evidence.stay"]
    for name in ("project.weight", "evidence.match.key.weight", "evidence.stay.log_reach"):
        assert torch.allclose(
            other.memory.get_parameter(name), ours.memory.get_parameter(name), rtol=0.01, atol=1e-4
        )
    assert not other.memory.back.weight.any()


def test_memories_of_different_length_share_the_keys_and_each_keeps_its_own_trust_in_recency(tmp_path):
    ours = evident(capacity=5)
    with torch.no_grad():
        ours.memory.evidence.match.recency.copy_(torch.arange(1.0, 6.0))
        ours.memory.evidence.match.key.weight.fill_(0.25)
    save(ours, tmp_path / "model.safetensors")
    shorter, longer = evident(capacity=3), evident(capacity=7)
    for other in (shorter, longer):
        assert "evidence.match" in fill_memory(other, tmp_path / "model.safetensors")
        assert other.memory.evidence.match.key.weight.eq(0.25).all()
    assert shorter.memory.evidence.match.recency.tolist() == [0, -1, -2]
    assert longer.memory.evidence.match.recency.tolist() == [0, -1, -2, -3, -4, -5, -6]


def test_what_reads_other_features_keeps_its_own_weights(tmp_path):
    ours = evident()
    ours.memory.project = torch.nn.Conv2d(7, 32, 1)
    save(ours, tmp_path / "model.safetensors")
    other = evident()
    own = other.memory.project.weight.clone()
    assert "project" not in fill_memory(other, tmp_path / "model.safetensors")
    assert torch.equal(other.memory.project.weight, own)


def test_a_memory_of_another_size_or_none(tmp_path):
    save(nano_sam2(), tmp_path / "sam2.safetensors")
    with pytest.raises(
        WeightsError, match=r"not those of the memory \(model\.tmam\.attention sets its size\)"
    ):
        fill_memory(nano(), tmp_path / "sam2.safetensors")
    torch.save(trained().state_dict(), tmp_path / "network.pth")
    with pytest.raises(WeightsError, match="holds no memory attention"):
        fill_memory(nano(), tmp_path / "network.pth")
