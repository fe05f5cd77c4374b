import pytest
import torch

from nano import nano_litemedsam, nano_sam2, nano_samed2_lite
from segmem.core.errors import SettingsError, WeightsError
from segmem.methods.begin_following import fill_following
from segmem.methods.load import save


def trained(folder):
    """A file of a model whose memory and decoder have learnt."""
    model = nano_samed2_lite()
    base = model.network.base
    base.published = {name: 0 for name in base.state_dict() if "adapter" not in name}
    with torch.no_grad():
        for parameter in (*model.network.memory.parameters(), *base.mask_decoder.parameters()):
            parameter.copy_(torch.full_like(parameter, 0.5))
    save(model, folder / "model.safetensors")
    return folder / "model.safetensors"


def test_memory_and_what_was_trained_below_it_are_taken_and_what_is_new_keeps_its_own(tmp_path):
    path, model = trained(tmp_path), nano_samed2_lite()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    fill_following(model, path)
    for name, value in model.state_dict().items():
        if ".memory." in name or ("mask_decoder" in name and value.is_floating_point()):
            assert bool((value == 0.5).all()), name
        elif "adapter" in name or "across" in name:
            assert torch.equal(value, before[name]), name


def test_a_plain_memory_of_litemedsam_is_taken_too(tmp_path):
    model = nano_litemedsam()
    with torch.no_grad():
        for parameter in model.network.memory.parameters():
            parameter.copy_(torch.full_like(parameter, 0.5))
    save(model, tmp_path / "model.safetensors")
    other = nano_samed2_lite()
    fill_following(other, tmp_path / "model.safetensors")
    assert all(bool((value == 0.5).all()) for value in other.network.memory.parameters())


def test_a_file_of_something_else_changes_nothing(tmp_path):
    save(nano_sam2(), tmp_path / "model.safetensors")
    model = nano_samed2_lite()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(WeightsError, match="not a memory of this model's"):
        fill_following(model, tmp_path / "model.safetensors")
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    with pytest.raises(SettingsError, match="only those on LiteMedSAM"):
        fill_following(nano_sam2(), tmp_path / "model.safetensors")
