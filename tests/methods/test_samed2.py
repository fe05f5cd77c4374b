import pytest
import torch
from pydantic import ValidationError

from lineup import run
from nano import nano_litemedsam, nano_sam2, nano_samed2, nano_samed2_lite
from segmem.io.tensors import read_tensors
from segmem.memory import CaseMemory
from segmem.memory.cases import kept
from segmem.methods.load import load, save
from segmem.methods.sam2 import NANO
from segmem.methods.samed2 import Samed2Settings, added_parameters, parts, put_together, samed2_settings
from segmem.methods.spec import ModelSpec
from segmem.nn.temporal_adapter import TemporalSettings
from segmem.ops.fit import FitSettings
from segmem.state import State

FRAMES = torch.randn(3, 1, 3, 64, 64, generator=torch.Generator().manual_seed(2))


def first_box(model, state=None):
    from segmem.core import PromptBatch

    box = PromptBatch((1,), boxes=torch.tensor([[(10.0, 8.0, 50.0, 44.0)]]))
    return run(model, FRAMES, state, prompts={0: box})


def test_with_fresh_parts_it_answers_as_its_base_does():
    base = nano_litemedsam()
    plain, _ = first_box(base)
    settings = Samed2Settings(temporal=None)
    model = put_together(base.network, settings, base.spec).eval()
    model.policy = base.policy
    _, state = first_box(model, State.start(cases=CaseMemory(room=2)))
    bank, _ = kept(state.cases, model.across.policy)
    assert torch.equal(first_box(model, State.start(cases=CaseMemory(bank)))[0], plain)


def test_fresh_adapters_and_reader_leave_sam2_as_it_was():
    base = nano_sam2()
    plain, _ = first_box(base)
    settings = Samed2Settings(base="sam2", sam2=base.spec.sam2, temporal=TemporalSettings(hidden=4))
    model = put_together(base.network, settings, base.spec).eval()
    _, state = first_box(model, State.start(cases=CaseMemory(room=2)))
    bank, _ = kept(state.cases, model.across.policy)
    assert torch.equal(first_box(model, State.start(cases=CaseMemory(bank)))[0], plain)


def test_the_paper_finds_an_object_on_prompted_frames_alone():
    settings = samed2_settings("paper")
    assert (settings.enter, settings.stream, settings.cases.keys) == ("replace", False, "full")
    model = nano_samed2(stream=False, enter="replace")
    logits, _ = first_box(model)
    assert (logits[0, :, 1] > -100).any()
    assert (logits[1:, :, 1] < -100).all()


def test_variants_differ_in_values_alone():
    released, paper = samed2_settings("released"), samed2_settings("paper")
    assert released.temporal.time == "windows"
    assert paper.temporal.time == "symmetric"
    assert released.cases.clamp
    assert not paper.cases.clamp
    assert samed2_settings("segmem").base == "litemedsam"


@pytest.mark.parametrize("wrong", [{"enter": "replace"}, {"temporal": {"time": "windows"}}])
def test_what_litemedsam_cannot_do_is_refused(wrong):
    with pytest.raises(ValidationError, match="of the base sam2"):
        Samed2Settings.model_validate(wrong)


def test_it_comes_back_from_its_file(tmp_path):
    model = nano_samed2()
    save(model, tmp_path / "model.safetensors")
    back = load(tmp_path / "model.safetensors")
    again = tmp_path / "again.safetensors"
    save(back, again)
    assert torch.equal(first_box(back)[0], first_box(load(again))[0])
    close = (first_box(back)[0] - first_box(model)[0]).abs().mean()
    assert close < 0.1  # matrices are kept in half precision


def test_on_litemedsam_the_file_holds_what_differs_from_it():
    names = parts(nano_samed2_lite()).state_dict()
    assert {name.split(".")[0] for name in names} == {"memory", "adapters", "cases"}
    assert not any("mask_decoder" in name for name in names)


def test_on_litemedsam_a_trained_decoder_is_in_the_file_once_and_so_are_adapters(tmp_path):
    model = nano_samed2_lite()
    base = model.network.base
    base.published = {name: 0 for name in base.state_dict() if "adapter" not in name}
    save(model, tmp_path / "model.safetensors")
    names = read_tensors(tmp_path / "model.safetensors").keys()
    assert any(name.startswith("base.mask_decoder") for name in names)
    assert not any(name.startswith("base.") and "adapter" in name for name in names)
    assert any(name.startswith("adapters.0") for name in names)


def test_its_policy_is_its_base_s():
    spec = ModelSpec(method="samed2", samed2=samed2_settings("paper"), fit=FitSettings(longest=64))
    assert spec.policy == spec.samed2.sam2.policy


def test_what_it_adds_to_its_base_is_told_apart():
    base, model = nano_sam2(), nano_samed2()
    added = {id(one) for one in added_parameters(model)}
    names = {name for name, one in model.named_parameters() if id(one) in added}
    assert names == set(model.state_dict()) - set(base.state_dict())
    assert any(".adapter." in name for name in names)
    assert any(name.startswith("across.") for name in names)


def test_adapters_stand_in_hiera():
    light = NANO.model_copy(update={"network": NANO.network.model_copy(update={"trunk": "lite0"})})
    with pytest.raises(ValidationError, match="trunk is hiera"):
        Samed2Settings(base="sam2", sam2=light)
    assert Samed2Settings(base="litemedsam", sam2=light).sam2 == light
