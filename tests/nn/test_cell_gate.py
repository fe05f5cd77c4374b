import pytest
import torch

from segmem.nn.cell_gate import CellGate, together
from segmem.nn.frame_gate import OPEN


def test_it_begins_all_but_open_everywhere():
    doubt = CellGate(6).doubt([torch.randn(3, 6, 4, 5)])
    assert doubt.shape == (3, 1, 4, 5)
    assert (doubt > OPEN - 0.5).all()
    assert (doubt <= OPEN).all()


def test_it_can_learn_which_half_of_a_frame_is_flat():
    torch.manual_seed(0)
    gate = CellGate(6)
    top = torch.randn(16, 6, 6, 8, generator=torch.Generator().manual_seed(1))
    top[..., 4:] = 0.05 * top[..., 4:] + torch.linspace(-1, 1, 6)[:, None, None]
    told = torch.zeros(16, 1, 6, 8)
    told[..., 4:] = 1
    flat = torch.rand(16, generator=torch.Generator().manual_seed(2)) < 0.5
    top, told = (torch.where(flat[:, None, None, None], one.flip(-1), one) for one in (top, told))
    optimiser = torch.optim.Adam(gate.parameters(), lr=0.01)
    for _ in range(60):
        optimiser.zero_grad()
        gate.loss([top], told[:, 0]).backward()
        optimiser.step()
    gate.eval()
    assert ((gate.doubt([top]) > 0) == (told > 0)).float().mean() > 0.95


def test_it_answers_in_float32_whatever_the_network_runs_in():
    gate, top = CellGate(6), torch.randn(1, 6, 4, 5)
    with torch.autocast("cpu", torch.bfloat16):
        narrow = gate.doubt([top.bfloat16()])
    assert narrow.dtype == torch.float32
    assert torch.equal(narrow, gate.doubt([top.bfloat16().float()]))


def test_what_is_dimmed_as_a_whole_is_half_spoilt_and_elsewhere_the_cell_counts():
    cell, frame = torch.tensor([-30.0, -2.0, 0.0, 3.0, 30.0]), torch.tensor([-30.0, -1.0, 30.0])[:, None]
    p, q = cell.double().sigmoid(), frame.double().sigmoid()
    assert torch.allclose(together(cell, frame).double().sigmoid(), p * (1 - q) + q / 2, atol=1e-6)
    assert together(cell, frame).isfinite().all()


def test_a_strange_cell_is_doubted_and_a_frame_only_if_nearly_all_of_it_is_strange():
    gate, top = CellGate(6).eval(), torch.zeros(1, 6, 4, 5)
    torch.nn.init.zeros_(gate.cell.bias)
    torch.nn.init.zeros_(gate.frame.bias)
    strange = torch.full((1, 1, 4, 5), -3.0)
    strange[..., :2] = 6.0
    cell, frame = strange.double().sigmoid(), torch.tensor(-3.0, dtype=torch.float64).sigmoid()
    told = gate.doubt([top], strange).double().sigmoid()
    assert torch.allclose(told, cell * (1 - frame) + frame / 2, atol=1e-5)
    assert torch.equal(gate.doubt([top], torch.zeros_like(strange)), gate.doubt([top]))


@pytest.mark.parametrize(("looks", "least", "most"), [(-4.0, 0.0, 0.05), (4.0, 0.97, 1.0)])
def test_after_a_scene_cut_what_looks_sound_is_not_doubted_and_what_looks_spoilt_is(looks, least, most):
    gate, top = CellGate(6).eval(), torch.zeros(1, 6, 4, 5)
    torch.nn.init.constant_(gate.cell.bias, looks)
    torch.nn.init.constant_(gate.frame.bias, -9.0)
    told = gate.doubt([top], torch.full((1, 1, 4, 5), 5.0)).sigmoid()
    assert least <= told.min()
    assert told.max() <= most


def test_it_tells_dimmed_frames_from_covered_places():
    """Whole faint frames that are dimmed, and frames with one flat half that is hidden."""
    torch.manual_seed(0)
    gate, random = CellGate(6), torch.Generator().manual_seed(1)
    top, spoilt = torch.randn(24, 6, 6, 8, generator=random), torch.zeros(24, 6, 8)
    spoilt[:8] = 0.5
    spoilt[8:16, :, 4:] = 1
    flat = torch.linspace(-1, 1, 6)[:, None, None] + 0.05 * top
    top[:8] = torch.linspace(2, -2, 6)[:, None, None] + 0.3 * top[:8]
    top = torch.where(spoilt[:, None] == 1, flat, top)
    optimiser = torch.optim.Adam(gate.parameters(), lr=0.01)
    for _ in range(150):
        optimiser.zero_grad()
        gate.loss([top], spoilt).backward()
        optimiser.step()
    gate.eval()
    told = gate.doubt([top])[:, 0].sigmoid()
    assert (told[:8] - 0.5).abs().max() < 0.1
    assert ((told[8:] > 0.5) == (spoilt[8:] == 1)).float().mean() > 0.97


def test_what_it_says_of_a_frame_is_not_a_matter_of_chance_while_it_learns():
    gate, top = CellGate(6).train(), torch.randn(2, 6, 4, 5)
    torch.nn.init.normal_(gate.cell.weight)
    assert torch.equal(gate.doubt([top]), gate.doubt([top]))
    assert not torch.equal(gate.loss([top], torch.ones(2, 4, 5)), gate.loss([top], torch.ones(2, 4, 5)))
