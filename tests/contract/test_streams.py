"""Promises that every method keeps about streams and state."""

import pytest
import torch

from lineup import METHODS, encoded, opening, run
from nano import nano
from segmem.core import PromptBatch
from segmem.core.errors import UsageError
from segmem.ops.fit import plan, unfit
from segmem.state import Segmenter, State


@pytest.fixture(params=METHODS)
def model(request) -> Segmenter:
    return METHODS[request.param]()


@pytest.fixture
def frames() -> torch.Tensor:
    return torch.randn(8, 2, 3, 64, 96, generator=torch.Generator().manual_seed(1))  # T B 3 H W


def test_memory_does_something(model, frames):
    assert not torch.allclose(run(model, frames)[0][1:], run(model, frames, recall=False)[0][1:])


def test_what_was_seen_changes_what_is_found_next(model, frames):
    other = frames.clone()
    other[2] = frames[2].flip(-1)
    change = run(model, other)[0][3] - run(model, frames)[0][3]
    assert (change.abs().amax(dim=(2, 3))[0, 1:] > 0.005).all()


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
    close = (
        0.02 if model.prompted else 1e-4
    )  # where memories are kept in half precision, sums round otherwise
    for stream in (0, 1):
        alone, _ = run(model, frames[:, [stream]], prompts=opening(model, (stream,)))
        assert torch.allclose(both[:, [stream]], alone, atol=close)
    swapped, _ = run(model, frames.flip(1), prompts=opening(model, (1, 0)))
    assert torch.allclose(swapped.flip(1), both, atol=close)


@pytest.mark.parametrize("when", [0, 3])
def test_a_frame_that_is_no_number_spoils_itself_alone(model, frames, when):
    whole, _ = run(model, frames)
    spoilt = frames.clone()
    spoilt[when, 0] = torch.nan
    found, state = run(model, spoilt)
    assert found[[t for t in range(len(frames)) if t != when], 0].isfinite().all()
    assert all(kept.isfinite().all() for kept in state.tensors().values())
    if when:  # nothing is carried over a first frame of which one stream has nothing to carry
        assert torch.allclose(found[:, 1], whole[:, 1], atol=1e-4)


def test_the_future_does_not_change_the_past(model, frames):
    changed = frames.clone()
    changed[5:] = 0
    assert torch.equal(run(model, changed)[0][:5], run(model, frames)[0][:5])


def test_the_model_is_unchanged_by_use(model, frames):
    before = {name: value.clone() for name, value in model.state_dict().items()}
    run(model, frames)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_the_state_has_one_size_once_the_bank_is_full(model, frames):
    sizes, state = [], State.start()
    for frame in frames.repeat(2, 1, 1, 1, 1):
        _, state = run(model, frame[None], state)
        sizes.append(sum(t.numel() for t in state.tensors().values()))
    full = sizes[model.policy.capacity :]
    assert len(full) > 4
    assert set(full) == {full[0]}


def test_features_can_stand_in_for_a_frame(model, frames):
    assert torch.allclose(run(model, encoded(model, frames))[0], run(model, frames)[0], atol=1e-5)


def test_a_one_frame_clip_is_answered_by_the_network_alone(model, frames):
    assert torch.equal(run(model, frames[:1])[0], run(model, frames[:1], recall=False)[0])


def test_the_score_lies_between_nought_and_one(model, frames):
    state = State.start()
    with torch.no_grad():
        for frame in frames[:3]:
            prediction, state = model.step(frame, state, opening(model).get(state.frame))
            assert prediction.score.shape == (2,)
            assert ((prediction.score >= 0) & (prediction.score <= 1)).all()


@pytest.mark.parametrize("size", [(33, 47), (47, 33), (1, 1), (3, 200), (130, 64)])
def test_a_frame_of_any_size_is_answered_at_its_own(model, size):
    fit, state = plan(size, model.spec.fit), State.start()
    frames = torch.randint(0, 256, (3, 1, 3, *size), dtype=torch.uint8)
    box = torch.tensor([[[0.0, 0.0, fit.scaled[1], fit.scaled[0]]]])
    prompt = PromptBatch((1,), boxes=box) if model.prompted else None
    with torch.no_grad():
        for frame in frames:
            ready = model.prepare(frame, fit, (0.0, 255.0))
            assert ready.shape == (1, 3, *fit.grid)
            prediction, state = model.step(ready, state, prompt if state.frame == 0 else None)
            logits = unfit(prediction.logits, fit)
            assert logits.shape[-2:] == size
            assert logits.isfinite().all()


def test_a_prompt_is_refused_by_a_model_that_takes_none(frames):
    with pytest.raises(UsageError, match="takes no prompts"):
        nano().step(frames[0], State.start(), PromptBatch((1,), boxes=torch.zeros(2, 1, 4)))
