import torch
from torch import nn

from segmem.train.accompanied import Accompanied


class Costs(nn.Module):
    def forward(self, a, b):
        return a + b


class Dear:
    """Stands beside, and costs what it is told."""

    def __init__(self, extra):
        self.extra, self.teacher = extra, nn.Linear(1, 1).eval()

    def loss(self, objective, lesson):
        assert isinstance(objective, Costs)
        assert lesson == (1, 2)
        return self.extra


def test_what_stands_beside_adds_its_cost_or_nothing():
    assert Accompanied(Costs(), Dear(torch.tensor(4.0)))(1, 2) == 7
    assert Accompanied(Costs(), Dear(None))(1, 2) == 3


def test_a_teacher_beside_is_no_part_of_what_is_trained():
    made = Accompanied(Costs(), Dear(None)).train()
    assert not made.beside.teacher.training
    assert not list(made.parameters())
