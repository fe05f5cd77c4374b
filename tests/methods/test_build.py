from nano import nano_spec
from segmem.methods.build import build
from segmem.methods.spec import ModelSpec
from segmem.nn.encoder_decoder import NetworkSettings


def test_the_spec_decides_the_parts():
    spec = nano_spec(classes=("background", "a", "b", "c"))
    model = build(spec)
    assert model.spec is spec
    assert model.policy == spec.tmam.policy


def test_the_shipped_size_stays_under_eight_million_parameters():
    spec = ModelSpec(classes=("background", "shaft", "manipulator"), network=NetworkSettings())
    assert sum(p.numel() for p in build(spec).parameters()) < 8_000_000
