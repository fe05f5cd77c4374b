import pytest
import torch

from nano import nano_samed2
from segmem.nn.temporal_adapter import TemporalSettings
from segmem.predict.slices import Slices, adapters, looks_both_ways

BOTH_WAYS = TemporalSettings(hidden=4, time="symmetric", last=2)


@pytest.fixture
def model():
    return nano_samed2(temporal=BOTH_WAYS)


@torch.no_grad()
@pytest.mark.parametrize("part", [1, 2, 5, 20])
def test_each_slice_is_as_in_the_whole_scan(model, part):
    scan = torch.randn(9, 3, 64, 64)
    whole, _ = model.encode_clip(scan[None])
    slices = Slices(lambda some: model.encode_clip(some[None])[0], scan, adapters(model), part)
    for index in (8, 0, 4, 3, 5):
        assert torch.allclose(slices.at(index).top, whole[index].top, atol=1e-5)


def test_no_more_than_a_part_and_its_margins_is_encoded_at_once(model):
    seen = []

    def encode(part):
        seen.append(len(part))
        return [None] * len(part)

    slices = Slices(encode, torch.zeros(100, 1), margin=2, part=4)
    for index in range(100):
        slices.at(index)
    assert max(seen) == 8
    assert len(seen) == 25


def test_only_an_adapter_that_sees_both_sides_needs_them():
    assert looks_both_ways(nano_samed2(temporal=BOTH_WAYS))
    assert not looks_both_ways(nano_samed2())
    assert adapters(nano_samed2(temporal=BOTH_WAYS)) == 2
