"""Promises that every method keeps about streams and state."""

import pytest
import torch

from nano import nano
from segmem.core.errors import UsageError
from segmem.core.features import Prompt
from segmem.segmenter import MemorySegmenter, State

METHODS = {"tmam": nano}


@pytest.fixture(params=METHODS)
def model(request) -> MemorySegmenter:
    return METHODS[request.param]()


@pytest.fixture
def frames() -> torch.Tensor:
    return torch.randn(8, 2, 3, 64, 96, generator=torch.Generator().manual_seed(1))  # T B 3 H W


@torch.no_grad()
def run(model, frames, state=None, recall=True):
    state = state or State.start()
    logits = []
    for frame in frames:
        prediction, state = model.step(frame, state, recall=recall)
        logits.append(prediction.logits)
    return torch.stack(logits), state


def test_memory_does_something(model, frames):
    assert not torch.allclose(run(model, frames)[0][1:], run(model, frames, recall=False)[0][1:])


def test_a_resumed_stream_equals_an_unbroken_one(model, frames):
    whole, _ = run(model, frames)
    first, state = run(model, frames[:3])
    saved = {name: tensor.clone() for name, tensor in state.tensors().items()}
    second, _ = run(model, frames[3:], State.from_tensors(saved))
    assert torch.equal(torch.cat([first, second]), whole)


def test_a_stream_can_be_resumed_before_its_first_frame(model, frames):
    state = State.from_tensors(State.start().tensors())
    assert torch.equal(run(model, frames, state)[0], run(model, frames)[0])


def test_a_forked_state_lives_on_by_itself(model, frames):
    _, state = run(model, frames[:3])
    fork = state.fork()
    one, _ = run(model, frames[3:], state)
    run(model, frames[:2], fork.fork())
    other, _ = run(model, frames[3:], fork)
    assert torch.equal(one, other)


def test_streams_in_a_batch_do_not_see_each_other(model, frames):
    both, _ = run(model, frames)
    alone, _ = run(model, frames[:, :1])
    assert torch.allclose(both[:, :1], alone, atol=1e-4)
    swapped, _ = run(model, frames.flip(1))
    assert torch.allclose(swapped.flip(1), both, atol=1e-4)


def test_the_future_does_not_change_the_past(model, frames):
    changed = frames.clone()
    changed[5:] = 0
    assert torch.equal(run(model, changed)[0][:5], run(model, frames)[0][:5])


def test_the_model_is_unchanged_by_use(model, frames):
    before = {name: value.clone() for name, value in model.state_dict().items()}
    run(model, frames)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_the_state_has_one_size_once_the_bank_is_full(model, frames):
    sizes = []
    state = State.start()
    for frame in frames:
        _, state = run(model, frame[None], state)
        sizes.append(sum(t.numel() for t in state.tensors().values()))
    assert len(set(sizes[model.policy.capacity :])) == 1


def test_features_can_stand_in_for_a_frame(model, frames):
    with torch.no_grad():
        ahead = [model.encode(frame) for frame in frames]
    assert torch.allclose(run(model, ahead)[0], run(model, frames)[0], atol=1e-5)


def test_a_one_frame_clip_is_answered_by_the_network_alone(model, frames):
    assert torch.equal(run(model, frames[:1])[0], run(model, frames[:1], recall=False)[0])


def test_the_score_lies_between_nought_and_one(model, frames):
    with torch.no_grad():
        prediction, _ = model.step(frames[0], State.start())
    assert prediction.score.shape == (2,)
    assert ((prediction.score >= 0) & (prediction.score <= 1)).all()


def test_a_prompt_is_refused_by_a_model_that_takes_none(model, frames):
    with pytest.raises(UsageError, match="takes no prompts"):
        model.step(frames[0], State.start(), Prompt())
