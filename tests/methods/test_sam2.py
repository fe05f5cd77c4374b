import pytest
import torch

from segmem.memory import Support
from segmem.methods.load import load, read_spec, save
from segmem.methods.sam2 import NANO, Sam2Settings, build, sam2_settings
from segmem.methods.spec import ModelSpec
from segmem.nn.hiera import HIERA_SIZES
from segmem.ops.fit import FitSettings


@pytest.mark.parametrize("size", ["tiny", "small", "base-plus", "large"])
def test_each_published_size_has_its_trunk(size):
    assert sam2_settings(size).network.encoder == HIERA_SIZES[size]


def test_the_two_versions_differ_by_what_the_later_one_added():
    first, second = sam2_settings("tiny", "2.0").network, sam2_settings("tiny").network
    assert (first.pointer_time, first.absent_code) == (False, False)
    assert (second.pointer_time, second.absent_code) == (True, True)
    assert second == Sam2Settings().network


def test_pointers_reach_back_over_as_many_frames_as_the_settings_say():
    policy = Support(pinned=3, recent=6, stride=2, nearest=2)
    settings = NANO.model_copy(update={"policy": policy, "pointers": 16})
    model = build(settings, ModelSpec(method="sam2"))
    assert model.policy == policy
    pointers = model.pointer_policy
    assert pointers.reach == 16
    assert (pointers.pinned, pointers.stride, pointers.past_only) == (3, 1, True)


def test_every_rank_that_the_policy_gives_has_a_temporal_code():
    for settings in (Sam2Settings(), NANO, sam2_settings("large", "2.0")):
        assert settings.network.codes == settings.policy.recent + 1


def test_the_settings_are_plain_values():
    assert Sam2Settings.model_validate(NANO.model_dump(mode="json")) == NANO


def test_a_model_on_the_light_trunk_is_loaded_without_imagenet_weights(tmp_path):
    given = NANO.network.model_copy(update={"trunk": "lite0", "imagenet": True})
    settings = NANO.model_copy(update={"network": given})
    assert not settings.begun_elsewhere().network.imagenet
    spec = ModelSpec(method="sam2", sam2=settings, fit=FitSettings(longest=32, multiple=16))
    model = build(settings.begun_elsewhere(), spec).eval()
    save(model, tmp_path / "model.safetensors")
    assert not read_spec(tmp_path / "model.safetensors").sam2.network.imagenet
    back = load(tmp_path / "model.safetensors")
    frame = torch.randn(1, 3, 32, 48, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.allclose(back.encode(frame).top, model.encode(frame).top, atol=0.05)
