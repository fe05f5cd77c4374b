import pytest
import torch
from torch import nn

from segmem.core import Features
from segmem.core.errors import SettingsError
from segmem.nn.early_map import EarlyMap
from segmem.nn.encoder_decoder import EncoderDecoder
from segmem.nn.feature_memory import FeatureMemory
from segmem.nn.feature_memory_settings import FeatureMemorySettings
from segmem.nn.network_settings import NetworkSettings
from segmem.nn.split_network import SplitNetwork

RESNET = NetworkSettings(encoder="resnet18", feature=-2)


def test_mean_and_deviation_of_each_cell():
    early = torch.tensor([[[[1.0, 3.0, 5.0, 5.0], [1.0, 3.0, 5.0, 5.0]]]])
    told = EarlyMap(1, 1).glance(Features(torch.zeros(1, 7, 1, 2), (torch.zeros(1, 3, 4, 8), early)))
    assert torch.allclose(told, torch.tensor([[[[2.0, 5.0]], [[1.0, 0.0]]]]))


def test_a_grid_that_does_not_divide_it():
    told = EarlyMap(0, 2).glance(Features(torch.zeros(3, 5, 3, 4), (torch.randn(3, 2, 23, 31),)))
    assert told.shape == (3, 4, 3, 4)
    assert told.isfinite().all()


def test_narrow_numbers_are_told_in_full():
    early = 100 + torch.rand(1, 4, 128, 128)
    told = EarlyMap(0, 4).glance(Features(torch.zeros(1, 5, 4, 4), (early.bfloat16(),)))
    assert told.dtype == torch.float32
    assert (told[:, 4:] - 0.35).abs().max() < 0.1  # of numbers even in 0..1, rounded to halves


@torch.no_grad()
def test_what_covers_one_corner_shows_there_alone():
    torch.manual_seed(0)
    network = EncoderDecoder(RESNET, 2).eval()
    frame = torch.rand(1, 3, 128, 128)
    covered = frame.clone()
    covered[:, :, :40, :40] = 0
    before, after = (network.early.glance(network.encode(one)) for one in (frame, covered))
    changed = (before - after).abs().amax(dim=1)[0] > 1e-5
    assert changed[:2, :2].all()
    assert not changed[3:].any() and not changed[:, 3:].any()


def test_the_first_map_of_an_encoder():
    assert EncoderDecoder(RESNET, 2).early == EarlyMap(1, 64)
    assert EncoderDecoder(RESNET.model_copy(update={"feature": 1}), 2).early is None


def test_the_first_map_of_ones_own_network():
    class Own(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem = nn.Conv2d(3, 6, 3, 2, 1)
            self.deep = nn.Conv2d(6, 9, 3, 2, 1)
            self.head = nn.Conv2d(9, 2, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.head(self.deep(self.stem(x).relu()))

    network = SplitNetwork(Own(), "deep", (32, 48))
    features = network.encode(torch.rand(2, 3, 64, 64))
    assert network.early == EarlyMap(1, 6)
    assert features.skips[1].shape == (2, 6, 32, 32)
    assert network.early.glance(features).shape == (2, 12, 16, 16)
    assert SplitNetwork(Own(), "stem", (32, 48)).early is None
    assert SplitNetwork(Own(), "head", (32, 48)).early == EarlyMap(1, 6)


def test_a_map_of_the_same_grid_is_told_as_it_is():
    early = torch.randn(2, 4, 5, 7)
    told = EarlyMap(0, 4).glance(Features(torch.zeros(2, 9, 5, 7), (early,)))
    assert torch.equal(told[:, :4], early)
    assert told[:, 4:].abs().max() < 1e-3


def test_a_gate_is_told_what_it_cannot_see():
    settings = FeatureMemorySettings(gate_by="cell", gate_sees="early")
    with pytest.raises(SettingsError, match="gate_sees: feature"):
        FeatureMemory(12, settings, capacity=3)
    assert FeatureMemory(12, settings.model_copy(update={"gate": False}), capacity=3).early is None


@pytest.mark.parametrize("gate_by", ["cell", "frame"])
def test_a_gate_learns_from_it_what_the_feature_does_not_show(gate_by: str):
    torch.manual_seed(0)
    settings = FeatureMemorySettings(gate_by=gate_by, gate_sees="early")
    memory = FeatureMemory(8, settings, capacity=3, early=EarlyMap(0, 4))
    optimiser = torch.optim.Adam(memory.gate.parameters(), lr=0.02)
    spoilt = torch.zeros(8, 16, 24)
    spoilt[::2, :8] = 1.0
    for _ in range(150):
        features = Features(torch.randn(8, 8, 4, 6), (torch.randn(8, 4, 16, 24) + 2 * spoilt[:, None],))
        optimiser.zero_grad()
        memory.gate_loss(features, spoilt).backward()
        optimiser.step()
    doubt = memory.eval().doubt(features)
    if gate_by == "cell":
        assert ((doubt[:, 0, :2] > 0).float().mean(dim=(1, 2)) > 0.5).tolist() == [True, False] * 4
        assert (doubt[:, 0, 2:] < 0).float().mean() > 0.9
    else:
        assert (doubt.flatten() > 0).tolist() == [True, False] * 4


def test_what_a_gate_learns_does_not_move_the_features():
    memory = FeatureMemory(
        8, FeatureMemorySettings(gate_by="cell", gate_sees="early"), 3, early=EarlyMap(0, 4)
    )
    top, early = torch.randn(2, 8, 4, 6, requires_grad=True), torch.randn(2, 4, 16, 24, requires_grad=True)
    memory.gate_loss(Features(top, (early,)), torch.rand(2, 16, 24)).backward()
    assert top.grad is None and early.grad is None
