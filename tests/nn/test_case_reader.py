import pytest
import torch

from nano import alive, nano_litemedsam, nano_samed2
from segmem.memory import Memory
from segmem.nn.case_reader import CaseReader

NETWORKS = {"sam2": (nano_samed2, (4, 4), 32), "litemedsam": (nano_litemedsam, (16, 16), 32)}


@pytest.fixture(params=NETWORKS)
def found(request):
    """A network, embeddings of three images and entries for each, of which the last image has none."""
    make, grid, channels = NETWORKS[request.param]
    network = make().network
    memory_width, _, _ = network.case_widths
    cells = grid[0] * grid[1] if request.param == "sam2" else grid[0] * grid[1] // 16
    valid = torch.tensor([[True, True], [True, False], [False, False]])
    none = torch.zeros(3, 2, dtype=torch.int64)
    memory = Memory(torch.randn(3, 2, cells, memory_width), none, none, valid)
    return network, torch.randn(3, channels, *grid), memory


@torch.no_grad()
def test_an_untrained_reader_changes_nothing(found):
    network, top, memory = found
    reader, attended = CaseReader(network.case_widths), torch.randn_like(top)
    told = reader(network, top, memory)
    assert torch.equal(reader.into(attended, told, memory.valid.any(dim=1)), attended)


@torch.no_grad()
def test_an_image_without_entries_is_left_as_it_is_and_the_others_are_told(found):
    network, top, memory = found
    reader, attended = alive(CaseReader(network.case_widths)), torch.randn_like(top)
    out = reader.into(attended, reader(network, top, memory), memory.valid.any(dim=1))
    change = (out - attended).abs().amax(dim=(1, 2, 3))
    assert (change[:2] > 1e-3).all()
    assert change[2] == 0


@torch.no_grad()
def test_an_entry_that_is_not_valid_is_not_seen(found):
    network, top, memory = found
    reader = alive(CaseReader(network.case_widths))
    other = memory.tokens.clone()
    other[1, 1] = 100
    changed = Memory(other, memory.age, memory.rank, memory.valid)
    assert torch.allclose(reader(network, top, memory)[1], reader(network, top, changed)[1], atol=1e-5)


@torch.no_grad()
def test_channels_beside_the_embedding_are_left_alone(found):
    network, top, memory = found
    reader = alive(CaseReader(network.case_widths))
    attended = torch.randn(3, top.shape[1] + 1, *top.shape[2:])
    out = reader.into(attended, reader(network, top, memory), memory.valid.any(dim=1))
    assert torch.equal(out[:, -1], attended[:, -1])
    assert not torch.allclose(out[0, :-1], attended[0, :-1])


@torch.no_grad()
def test_the_paper_hands_the_decoder_what_attention_gives():
    network = nano_samed2().network
    reader, top = CaseReader(network.case_widths, "replace"), torch.randn(1, 32, 4, 4)
    none = torch.zeros(1, 1, dtype=torch.int64)
    memory = Memory(torch.randn(1, 1, 16, 16), none, none, none == 0)
    told = reader(network, top, memory)
    assert torch.equal(reader.into(torch.randn_like(top), told, torch.tensor([True])), told)


@torch.no_grad()
def test_what_is_added_is_as_large_as_the_embedding_is_whatever_else_is_in_the_batch(found):
    network, top, memory = found
    reader = alive(CaseReader(network.case_widths))
    value = reader(network, top, memory)
    large = reader(network, torch.cat([top[:1], 100 * top[1:]]), memory)
    assert torch.allclose(large[:1], value[:1], rtol=1e-4, atol=1e-6)
    assert large[1:].abs().mean() > 20 * value[1:].abs().mean()
