import pytest
import torch

from segmem.train.marginal import marginal


def told(*rows):
    return torch.tensor(rows, dtype=torch.bool)


def shares(*values):
    return torch.tensor(values).log()[None, :, None, None]


def test_what_is_not_told_is_added_to_background_by_hand():
    shown = marginal(shares(0.1, 0.2, 0.3, 0.4), told([True, False, True, False])).softmax(dim=1)
    assert shown.flatten().tolist() == pytest.approx([0.7, 0.0, 0.3, 0.0])


def test_where_all_is_told_nothing_changes():
    logits = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    assert torch.equal(marginal(logits, torch.ones(2, 3, dtype=torch.bool)), logits)


def test_each_row_has_its_own_and_what_is_told_keeps_its_logit():
    logits = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    found = marginal(logits, told([True, True, True], [True, False, True]))
    assert torch.equal(found[0], logits[0])
    assert torch.equal(found[1, 2], logits[1, 2])
    assert torch.allclose(found.softmax(dim=1)[1, 2], logits.softmax(dim=1)[1, 2])


def test_a_gradient_says_nothing_for_or_against_what_is_not_told():
    logits = torch.zeros(1, 3, 1, 1, requires_grad=True)
    (-marginal(logits, told([True, True, False])).log_softmax(dim=1)[:, 0].sum()).backward()
    assert logits.grad is not None
    assert logits.grad.flatten().tolist() == pytest.approx([-1 / 6, 1 / 3, -1 / 6])
