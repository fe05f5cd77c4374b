import pytest
import torch

from segmem.banks import read, some, written
from segmem.memory import Support
from segmem.nn.promptable import ObjectMasks
from segmem.rows import Rows

POLICY = Support(pinned=2, recent=2)


def rows(known: list[bool], pinned: list[bool]) -> Rows:
    count = len(known)
    each = torch.ones(count)
    masks = ObjectMasks(torch.zeros(count, 1, 4, 4), each, torch.zeros(count, 8), each)
    return Rows(masks, masks.token, masks.token, torch.tensor(pinned), torch.tensor(known))


def tokens(*values: float) -> torch.Tensor:
    return torch.tensor(values).view(-1, 1, 1).expand(-1, 3, 2).contiguous()


@pytest.fixture
def bank():
    """Row 0 was prompted on frame 0 and followed on frame 1; nobody knew row 1 before frame 1."""
    first = written(None, POLICY, rows([True, False], [True, False]), tokens(1, 2), 0)
    return written(first, POLICY, rows([True, True], [False, True]), tokens(3, 4), 1)


def test_rows_of_unknown_objects_are_not_written(bank):
    memory = read(bank, POLICY, 2, torch.arange(2))
    seen = [sorted(memory.tokens[row, memory.valid[row], 0, 0].tolist()) for row in range(2)]
    assert seen == [[1, 3], [4]]


def test_some_rows_are_read_as_among_all(bank):
    memory = read(bank, POLICY, 2, torch.tensor([1]))
    assert memory.tokens[memory.valid][:, 0, 0].tolist() == [4]
    assert memory.age[memory.valid].tolist() == [1]


def test_there_is_nothing_to_read_before_anything_is_written():
    assert read(None, POLICY, 0, torch.arange(2)) is None


def test_some_rows_of_a_memory_keep_all_that_belongs_to_them(bank):
    memory = read(bank, POLICY, 2, torch.arange(2))
    one = some(memory, torch.tensor([1]))
    assert torch.equal(one.tokens, memory.tokens[1:])
    assert torch.equal(one.rank, memory.rank[1:])
    assert torch.equal(one.valid, memory.valid[1:])
