import torch
from torch.nn import functional as F

from segmem.nn.cell_gate import CellGate
from segmem.nn.frame_gate import OPEN


def test_it_begins_all_but_open_everywhere():
    doubt = CellGate(6).doubt(torch.randn(3, 6, 4, 5))
    assert doubt.shape == (3, 1, 4, 5)
    assert (doubt == OPEN).all()


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
        F.binary_cross_entropy_with_logits(gate.doubt(top), told).backward()
        optimiser.step()
    assert ((gate.doubt(top) > 0) == (told > 0)).float().mean() > 0.95


def test_it_answers_in_float32_whatever_the_network_runs_in():
    gate, top = CellGate(6), torch.randn(1, 6, 4, 5)
    with torch.autocast("cpu", torch.bfloat16):
        narrow = gate.doubt(top.bfloat16())
    assert narrow.dtype == torch.float32
    assert torch.equal(narrow, gate.doubt(top.bfloat16().float()))
