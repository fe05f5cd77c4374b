from nano import nano_spec
from segmem.memory import Support
from segmem.methods import litemedsam
from segmem.methods.build import build
from segmem.methods.litemedsam import LiteMedSamSettings
from segmem.methods.sam2 import NANO, sam2_settings
from segmem.methods.spec import ModelSpec
from segmem.nn.litemedsam import LiteMedSam
from segmem.nn.network_settings import NetworkSettings


def test_the_spec_decides_the_parts():
    spec = nano_spec(classes=("background", "a", "b", "c"))
    model = build(spec)
    assert model.spec is spec
    assert model.policy == spec.tmam.policy


def test_the_shipped_size_stays_under_eight_million_parameters():
    spec = ModelSpec(classes=("background", "shaft", "manipulator"), network=NetworkSettings())
    assert sum(p.numel() for p in build(spec).parameters()) < 8_000_000


def test_each_method_is_built_from_its_own_settings(monkeypatch):
    monkeypatch.setattr(litemedsam, "published", LiteMedSam)
    small = LiteMedSamSettings(policy=Support(pinned=5))
    for spec in (
        ModelSpec(method="sam2", sam2=NANO),
        ModelSpec(method="litemedsam", litemedsam=small),
        nano_spec(),
    ):
        model = build(spec)
        assert model.policy == spec.policy
        assert model.prompted is (spec.method != "tmam")
        assert model.spec is spec


def test_a_sam2_spec_without_sizes_is_the_published_tiny_one():
    model = build(ModelSpec(method="sam2"))
    assert model.get_submodule("network").settings == sam2_settings("tiny").network
