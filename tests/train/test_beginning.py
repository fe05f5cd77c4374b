import pytest
import torch

from nano import nano_lapg, nano_litemedsam
from segmem.core.errors import SettingsError, WeightsError
from segmem.io.tensors import read_tensors
from segmem.train.beginning import begun
from segmem.train.checkpoint import latest
from segmem.train.presets import load_settings


def same(model, weights):
    return all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())


def test_a_fresh_model_has_come_nowhere(tmp_path, settings):
    torch.manual_seed(settings.seed)
    model, position = begun(settings)
    torch.manual_seed(settings.seed)
    again, other = begun(settings, folder=tmp_path)  # stopped before its first checkpoint
    assert position == other
    assert position.total == 0
    assert same(model, again.state_dict())


def test_a_run_goes_on_from_its_last_checkpoint(unbroken, settings):
    folder = unbroken / "run" / "checkpoints"
    model, position = begun(settings, folder=folder)
    fresh, _ = begun(settings)
    kept = read_tensors(latest(folder))
    assert position.total == sum(stage.steps for stage in settings.stages)
    assert not same(fresh, model.state_dict())
    values = {name.split(".", 1)[1]: value for name, value in kept.items() if name.startswith("model.")}
    assert values and same(model, values)


def test_weights_of_another_network_are_refused(unbroken, settings):
    spec = nano_lapg().spec
    with pytest.raises(WeightsError):
        begun(settings.model_copy(update={"model": spec, "begin_from": str(unbroken / "run")}))


@pytest.mark.parametrize("which", ["network_from", "memory_from"])
def test_what_a_method_has_no_place_for_is_named(unbroken, settings, which):
    spec = nano_litemedsam().spec if which == "network_from" else nano_lapg().spec
    with pytest.raises(SettingsError, match="network_from and memory_from are for the method tmam"):
        begun(settings.model_copy(update={"model": spec, which: str(unbroken / "run")}))


def test_memory_around_a_network_that_nobody_trained_is_refused():
    alone = load_settings("tmam", changes=["model.network.encoder=timm-mobilenetv3_small_minimal_100"])
    with pytest.raises(SettingsError, match=r"stay as random as it began.*network_from.*tmam-endovis15"):
        begun(alone)
