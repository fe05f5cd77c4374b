import pytest
import torch

from nano import nano
from segmem.core.errors import FormatError, UnknownModelError, WeightsError
from segmem.io.tensors import read_header, read_tensors, write_tensors
from segmem.methods.load import find_weights, load, save
from segmem.segmenter import State


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
