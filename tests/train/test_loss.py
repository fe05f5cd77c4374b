import pytest
import torch

from segmem.train.loss import LabelledLoss


@pytest.fixture(scope="module")
def loss():
    return LabelledLoss()


def truth():
    labels = torch.zeros(2, 16, 16, dtype=torch.uint8)
    labels[:, 4:8, 4:8], labels[:, 8:12, 4:8] = 1, 2
    return labels


def sure(labels, margin):
    return margin * torch.nn.functional.one_hot(labels.long(), 3).permute(0, 3, 1, 2).float()


def test_a_sure_and_right_answer_costs_less_than_an_unsure_and_that_less_than_a_wrong_one(loss):
    labels = truth()
    right, unsure = loss(sure(labels, 20), labels), loss(sure(labels, 0), labels)
    wrong = loss(sure((labels + 1) % 3, 20), labels)
    assert float(right) < 0.2 * float(unsure) < 0.2 * float(wrong)


def test_softmax_is_taken_once(loss):
    logits, labels = torch.randn(2, 3, 16, 16), truth()
    again = loss(logits.softmax(dim=1), labels)
    assert abs(float(loss(logits, labels)) - float(again)) > 0.01


def test_no_labelled_frame_is_no_loss_and_no_nan(loss):
    logits = torch.randn(0, 3, 16, 16, requires_grad=True)
    value = loss(logits, torch.zeros(0, 16, 16, dtype=torch.uint8))
    value.backward()
    assert float(value.detach()) == 0
    assert logits.grad is not None


def test_a_class_that_is_not_told_may_be_anywhere_in_background(loss):
    labels = truth()
    partial = torch.where(labels == 2, 0, labels)
    tells = torch.tensor([[True, True, False]] * 2)
    right = sure(labels, 20)  # finds class 2, of which the label says nothing
    assert float(loss(right, partial, tells)) <= float(loss(right, labels))
    assert float(loss(right, partial)) > 2 * float(loss(right, labels))
    assert float(loss(sure((labels + 1) % 3, 20), partial, tells)) > 2 * float(loss(right, labels))
    assert float(loss(right, labels, torch.ones_like(tells))) == pytest.approx(float(loss(right, labels)))
