import pytest
import torch

from segmem.continual.kept import Kept, learnt
from segmem.continual.lwf import Lwf, distance
from segmem.continual.settings import LwfSettings


def test_the_same_answer_has_no_distance_and_clips_without_an_object_do_not_count():
    told = torch.randn(2, 4, 4)
    good = torch.tensor([True, True])
    assert distance(told, told, good, 2.0).item() == pytest.approx(0, abs=1e-6)
    says = told.clone()
    says[1] += 3
    assert distance(says, told, good, 2.0) > 0.1
    assert distance(says, told, torch.tensor([True, False]), 2.0).item() == pytest.approx(0, abs=1e-6)


def test_the_distance_written_out():
    says, told = torch.zeros(1, 1, 1), torch.full((1, 1, 1), 2.0)
    p = torch.sigmoid(torch.tensor(1.0)).double()
    kl = p * (p / 0.5).log() + (1 - p) * ((1 - p) / 0.5).log()
    assert distance(says, told, torch.tensor([True]), 2.0).item() == pytest.approx(float(kl * 4), rel=1e-5)


def test_the_teacher_is_the_network_as_the_last_task_left_it(tmp_path, course):
    settings, kept = LwfSettings(), Kept(tmp_path / "kept")
    lwf = Lwf(settings, kept)
    first = course(0)
    lwf.before_task(first, 0)
    objective, lesson = first.bare_objective(), first.lesson(0, "here")
    assert lwf.loss(objective, lesson) is None
    lwf.after_task(first, 0)
    with torch.no_grad():
        for weight in learnt(first.model).values():
            weight.add_(0.02)
    resumed = Lwf(settings, kept)  # within the second task: the weights are under way
    resumed.before_task(course(1), 1)
    loss = resumed.loss(objective, lesson)
    assert loss > 0
    loss.backward()
    assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in first.model.parameters())
    with torch.no_grad():
        for weight in learnt(first.model).values():
            weight.sub_(0.02)
    assert resumed.loss(objective, lesson).item() == pytest.approx(0, abs=1e-4)
