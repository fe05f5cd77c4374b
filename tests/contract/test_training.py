"""Promises that every method keeps about learning."""

import pytest
import torch

from nano import nano
from segmem.segmenter import State

METHODS = {"tmam": nano}


@pytest.fixture(params=METHODS)
def build(request):
    return METHODS[request.param]


def loss_of(model, frames):
    state, total = State.start(), torch.zeros(())
    for frame in frames:
        prediction, state = model.step(frame, state)
        total = total + prediction.logits.square().mean()
    return total


def test_an_untrained_wrapper_equals_its_base_model(build):
    model, state = build(memory_on=False), State.start()
    with torch.no_grad():
        for frame in torch.randn(5, 1, 3, 64, 64):
            alone, _ = model.step(frame, State.start(), recall=False)
            prediction, state = model.step(frame, state)
            assert torch.equal(prediction.logits, alone.logits)


def test_gradients_reach_every_trained_part_after_two_steps(build):
    model, frames = build(memory_on=False).train(), torch.randn(3, 2, 3, 64, 64)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01)
    for _ in range(2):
        optimiser.zero_grad()
        loss_of(model, frames).backward()
        optimiser.step()
    optimiser.zero_grad()
    loss_of(model, frames).backward()
    silent = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert silent == []


def test_the_loss_of_a_frame_teaches_the_memory_of_an_earlier_one(build):
    model, frames = build().eval(), torch.randn(3, 1, 3, 64, 64)
    first = frames[0].clone().requires_grad_()
    _, state = model.step(first, State.start())
    prediction, _ = model.step(frames[1], state)
    prediction.logits.sum().backward()
    assert first.grad.abs().sum() > 0


def test_a_detached_state_ends_back_propagation(build):
    model, frames = build().eval(), torch.randn(2, 1, 3, 64, 64)
    first = frames[0].clone().requires_grad_()
    _, state = model.step(first, State.start())
    prediction, _ = model.step(frames[1], state.detach())
    prediction.logits.sum().backward()
    assert first.grad is None
