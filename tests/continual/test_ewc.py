import pytest
import torch
from torch import nn

from segmem.continual.ewc import Ewc, fisher_information, penalty
from segmem.continual.kept import Kept, learnt
from segmem.continual.settings import EwcSettings


def test_the_penalty_is_information_times_squared_distance():
    layer = nn.Linear(2, 1)
    nn.init.constant_(layer.weight, 3.0)
    fisher, anchor = {"weight": torch.tensor([[2.0, 0.0]])}, {"weight": torch.tensor([[1.0, 9.0]])}
    loss = penalty(layer, fisher, anchor)
    assert loss.item() == 8
    loss.backward()
    assert layer.weight.grad.tolist() == [[8, 0]]


def test_information_has_a_mean_of_one_and_is_nothing_below_zero(course):
    found = fisher_information(course(0), 2)
    values = torch.cat([value.flatten() for value in found.values()])
    assert values.min() >= 0
    assert values.mean().item() == pytest.approx(1, rel=1e-4)
    assert found.keys() == learnt(course(0).model).keys()


def test_the_first_task_is_free_and_later_ones_pay_for_moving(tmp_path, course):
    settings, kept = EwcSettings(weight=2.0, samples=2), Kept(tmp_path / "kept")
    ewc = Ewc(settings, kept)
    first = course(0)
    ewc.before_task(first, 0)
    objective = first.bare_objective()
    assert ewc.loss(objective, None) is None
    ewc.after_task(first, 0)
    resumed = Ewc(settings, kept)
    resumed.before_task(course(1), 1)
    assert resumed.loss(objective, None).item() == 0
    with torch.no_grad():
        for weight in learnt(first.model).values():
            weight.add_(0.1)
    count = sum(weight.numel() for weight in learnt(first.model).values())
    assert resumed.loss(objective, None).item() == pytest.approx(count * 0.01, rel=1e-3)


def test_older_information_is_added_to_newer(tmp_path, course):
    kept = Kept(tmp_path / "kept")
    ewc = Ewc(EwcSettings(samples=1, decay=0.5), kept)
    for task in (0, 1):
        ewc.before_task(course(task), task)
        ewc.after_task(course(task), task)
    means = [
        torch.cat([v.flatten() for n, v in kept.read(task).items() if n.startswith("fisher.")]).mean().item()
        for task in (0, 1)
    ]
    assert means == pytest.approx([1.0, 1.5], rel=1e-3)
