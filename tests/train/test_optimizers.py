import torch
from torch import nn

from segmem.train.optimizers import make_optimizer, moved, rate_of, to_average, to_training
from segmem.train.settings import StageSettings


def stage(**changes) -> StageSettings:
    return StageSettings(name="one", steps=9, **changes)


def stepped(layer: nn.Linear, settings: StageSettings, steps: int):
    optimizer = make_optimizer(settings, [{"params": list(layer.parameters()), "lr": 0.1}])
    for _ in range(steps):
        layer(torch.ones(1, 2)).sum().backward()
        optimizer.step()
        optimizer.zero_grad()
    return optimizer


def test_one_averages_and_the_other_does_not():
    layer = nn.Linear(2, 1)
    averaging = stepped(layer, stage(), 8)
    there = layer.weight.detach().clone()
    to_average(averaging)
    assert not torch.equal(layer.weight, there)
    plain = stepped(layer, stage(optimizer="adamw"), 8)
    there = layer.weight.detach().clone()
    to_average(plain)
    to_training(plain)
    assert torch.equal(layer.weight, there)


def test_weights_that_were_put_back_train_on():
    layer = nn.Linear(2, 1)
    optimizer = stepped(layer, stage(), 8)
    before = {name: value.clone() for name, value in layer.state_dict().items()}
    to_average(optimizer)
    layer.load_state_dict(before)
    to_training(optimizer)
    layer(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    assert not torch.equal(layer.weight, before["weight"])


def test_each_group_keeps_its_rate_and_decay_is_the_stages():
    layer = nn.Linear(2, 1)
    optimizer = make_optimizer(
        stage(optimizer="adamw", weight_decay=0.3),
        [{"params": [layer.weight], "lr": 0.5}, {"params": [layer.bias], "lr": 0.1}],
    )
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 0.1]
    assert {group["weight_decay"] for group in optimizer.param_groups} == {0.3}
    assert rate_of(optimizer) == 0.5
    assert moved(optimizer) == [layer.weight, layer.bias]
