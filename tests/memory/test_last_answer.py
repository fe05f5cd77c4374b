import torch

from segmem.memory import LastAnswer


def test_a_detached_answer_knows_of_no_graph():
    grown = LastAnswer(torch.zeros(1, 1, 2, 2), torch.ones(1, 3, 2, 2, requires_grad=True) * 2)
    alone = grown.detach()
    assert not alone.chances.requires_grad
    assert torch.equal(alone.chances, grown.chances)
