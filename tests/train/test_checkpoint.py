from pathlib import Path

import pytest
import torch
from schedulefree import RAdamScheduleFree
from torch import nn

from segmem.core.errors import InputError, WeightsError
from segmem.io.tensors import write_tensors
from segmem.train.checkpoint import Position, checkpoints, latest, read_position, restore, write_checkpoint


def trained(steps, seed=0):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Conv2d(8, 2, 1))
    model = model.to(memory_format=torch.channels_last)
    optimizer = RAdamScheduleFree(model.parameters(), lr=0.01)
    optimizer.train()
    advance(model, optimizer, range(steps))
    return model, optimizer


def advance(model, optimizer, steps):
    for step in steps:
        x = torch.randn(2, 3, 9, 9, generator=torch.Generator().manual_seed(step))
        model(x.contiguous(memory_format=torch.channels_last)).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()


def test_training_goes_on_to_the_bit(tmp_path):
    unbroken, optimizer = trained(5)
    advance(unbroken, optimizer, range(5, 12))
    model, optimizer = trained(5)
    path = write_checkpoint(tmp_path, Position(1, 5, 9), model, optimizer)
    resumed, fresh = trained(0, seed=8)
    restore(path, resumed, fresh)
    advance(resumed, fresh, range(5, 12))
    for name, value in unbroken.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name
    assert read_position(path) == Position(1, 5, 9)


def test_the_random_state_comes_back(tmp_path):
    model, optimizer = trained(1)
    path = write_checkpoint(tmp_path, Position(), model, optimizer)
    first = torch.rand(3)
    restore(path, model, None)
    assert torch.equal(first, torch.rand(3))


def test_the_last_two_are_kept(tmp_path):
    model, optimizer = trained(0)
    for total in (1, 20, 100):
        write_checkpoint(tmp_path, Position(0, total, total), model, optimizer)
    assert [path.name for path in checkpoints(tmp_path)] == [
        "step-00000020.safetensors",
        "step-00000100.safetensors",
    ]
    assert read_position(latest(tmp_path)).total == 100


def test_a_crash_before_the_rename_leaves_the_old_one(tmp_path, monkeypatch):
    model, optimizer = trained(0)
    write_checkpoint(tmp_path, Position(0, 1, 1), model, optimizer)
    whole = latest(tmp_path).read_bytes()

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", killed)
    for total in (1, 2):
        with pytest.raises(KeyboardInterrupt):
            write_checkpoint(tmp_path, Position(0, total, total), model, optimizer)
    assert latest(tmp_path).name == "step-00000001.safetensors"
    assert latest(tmp_path).read_bytes() == whole


def test_no_checkpoint_is_said_so(tmp_path):
    with pytest.raises(InputError, match="no checkpoint to resume from"):
        latest(tmp_path)


def test_a_file_of_another_kind_or_network_is_refused(tmp_path):
    path = tmp_path / "step-00000001.safetensors"
    write_tensors(path, {"a": torch.zeros(1)}, {})
    with pytest.raises(WeightsError, match="not a training checkpoint"):
        read_position(path)
    model, optimizer = trained(0)
    path = write_checkpoint(tmp_path, Position(), model, optimizer)
    with pytest.raises(WeightsError, match="not a checkpoint of this network"):
        restore(path, nn.Linear(2, 2), None)
