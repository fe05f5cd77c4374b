import pytest
import torch
from pydantic import ValidationError

from lineup import run
from nano import NANO_LAPG, nano_lapg, nano_spec
from segmem.memory import Support
from segmem.methods.build import build
from segmem.methods.lapg import LapgSettings
from segmem.methods.load import load, read_spec, save
from segmem.nn.lapg_settings import LapgNetworkSettings, PyramidSettings
from segmem.volumetric import VolumeSegmenter


def test_keys_need_room():
    with pytest.raises(ValidationError, match="no room"):
        LapgSettings(policy=Support(pinned=2), keys=3)


def test_the_spec_names_its_policy():
    settings = LapgSettings(policy=Support(pinned=5, recent=2))
    assert nano_spec(method="lapg", lapg=settings).policy == settings.policy
    assert nano_spec(method="lapg").policy == LapgSettings().policy


def test_the_released_variant_is_a_set_of_values():
    released = LapgSettings.model_validate({"variant": "released", "network": {"pool": 1}})
    assert released.network.generator.form == "released"
    assert not released.network.context.attention
    assert (released.keys, released.policy.recent, released.network.pool) == (0, 6, 1)
    assert LapgSettings.model_validate(released.model_dump(mode="json")) == released


def test_defaults_can_be_built():
    model = build(nano_spec(method="lapg"))
    assert isinstance(model, VolumeSegmenter)
    assert sum(p.numel() for p in model.parameters()) < 8e6


@torch.no_grad()
def test_a_saved_model_comes_back_the_same(tmp_path):
    model, frames = nano_lapg(), torch.randn(3, 1, 3, 64, 64)
    for parameter in model.parameters():
        parameter.copy_(parameter.to(torch.bfloat16).float() if parameter.ndim > 1 else parameter)
    save(model, tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors")
    assert again.spec == model.spec
    assert torch.equal(run(again, frames)[0], run(model, frames)[0])


def test_a_loaded_model_needs_no_weights_of_another_package(tmp_path):
    begun = LapgNetworkSettings(encoder=PyramidSettings(imagenet=True))
    model = nano_lapg()
    model.spec = model.spec.model_copy(update={"lapg": LapgSettings(network=begun)})
    save(model, tmp_path / "model.safetensors")
    assert not read_spec(tmp_path / "model.safetensors").lapg.network.encoder.imagenet
    assert NANO_LAPG.encoder == LapgSettings(network=NANO_LAPG).begun_elsewhere().network.encoder
