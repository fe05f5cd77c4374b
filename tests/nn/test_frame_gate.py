import pytest
import torch

from segmem.nn.frame_gate import OPEN, FrameGate, of_this_scene


def test_it_begins_all_but_open_whatever_it_sees():
    assert FrameGate(6).doubt([torch.randn(3, 6, 4, 5)]).flatten().tolist() == [OPEN] * 3


def test_it_tells_frames_apart_by_their_channels_and_not_by_their_scale():
    torch.manual_seed(0)
    gate = FrameGate(6)
    torch.nn.init.normal_(gate.weight)
    first, second = torch.randn(2, 1, 6, 4, 5, generator=torch.Generator().manual_seed(0))
    assert not torch.allclose(gate.doubt([first]), gate.doubt([second]), atol=1e-2)
    assert torch.allclose(gate.doubt([first]), gate.doubt([3 * first]), atol=1e-3)


def test_a_frame_gains_what_its_most_usual_cells_do():
    gate, top = FrameGate(6), torch.randn(1, 6, 4, 5, generator=torch.Generator().manual_seed(0))
    strange = torch.linspace(-3, 6, 20).reshape(1, 1, 4, 5)
    gained = gate.doubt([top], strange) - gate.doubt([top])
    assert torch.allclose(gained, strange.flatten().quantile(0.2))


def test_it_can_learn_which_frames_are_flat():
    gate = FrameGate(6)
    flat = 0.05 * torch.randn(8, 6, 4, 5, generator=torch.Generator().manual_seed(1)) + 1
    lively = torch.randn(8, 6, 4, 5, generator=torch.Generator().manual_seed(2)) + 1
    optimiser = torch.optim.SGD(gate.parameters(), lr=0.5)
    told = torch.tensor([1.0] * 8 + [0.0] * 8)
    for _ in range(60):
        optimiser.zero_grad()
        doubt = gate.doubt([torch.cat([flat, lively])]).flatten()
        torch.nn.functional.binary_cross_entropy_with_logits(doubt, told).backward()
        optimiser.step()
    assert gate.doubt([flat]).min() > 0 > gate.doubt([lively]).max()


@pytest.mark.parametrize("spoilt", [0.0, 0.25, 1.0])
def test_a_frame_that_looks_sound_and_is_strange_all_over_is_another_scene(spoilt):
    strange = torch.full((2, 1, 4, 5), 6.0)
    strange[1, ..., 2:] = -3.0  # something has come before what is known
    strange[0, 0, 0, 0] = -1.0
    told = of_this_scene(strange, torch.full((2, 1, 1, 1), spoilt))
    assert torch.equal(told[1], strange[1])
    assert told[0, 0, 0, 0] == -1
    assert torch.allclose(told[0, 0, 1:], torch.full((3, 5), 6 * spoilt), atol=1e-3)
