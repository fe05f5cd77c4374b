"""Promises that every method with a memory of other cases keeps about it."""

from dataclasses import fields

import pytest
import torch

from lineup import NO_BOX, opening, run
from nano import nano_samed2, nano_samed2_lite
from segmem.core import PromptBatch
from segmem.memory import CaseMemory, MemoryBank
from segmem.memory.cases import kept
from segmem.state import State

MODELS = {"sam2": nano_samed2, "litemedsam": nano_samed2_lite}
ONE, TWO = (10.0, 8.0, 50.0, 44.0), (30.0, 20.0, 90.0, 60.0)


@pytest.fixture(params=MODELS)
def model(request):
    return MODELS[request.param]()


@pytest.fixture
def frames() -> torch.Tensor:
    return torch.randn(4, 2, 3, 64, 96, generator=torch.Generator().manual_seed(3))  # T B 3 H W


def boxes(*streams: int) -> PromptBatch:
    return PromptBatch((1,), boxes=torch.tensor([[ONE], [TWO], [TWO], [ONE]])[[*streams]])


def learnt(model, seeds=range(3)) -> MemoryBank:
    """A bank of a few images, made by a session that was kept."""
    bank = None
    for seed in seeds:
        image = torch.randn(1, 2, 3, 64, 96, generator=torch.Generator().manual_seed(seed))
        _, state = run(model, image, State.start(cases=CaseMemory(bank, room=4)), prompts={0: boxes(0, 1)})
        bank, _ = kept(state.cases, model.across.policy)
    return bank


def test_other_cases_change_the_answer(model, frames):
    with_bank = run(model, frames, State.start(cases=CaseMemory(learnt(model))))[0]
    assert not torch.allclose(with_bank, run(model, frames)[0], atol=1e-3)


def test_an_empty_memory_of_other_cases_changes_nothing(model, frames):
    plain = run(model, frames)[0]
    assert torch.equal(run(model, frames, State.start(cases=CaseMemory(room=4)))[0], plain)


def test_a_prediction_is_the_same_alone_and_with_any_batch_neighbours(model, frames):
    bank = learnt(model)
    images = torch.cat([frames[:1], frames[1:2]], dim=1)  # four images
    both, _ = run(model, images, State.start(cases=CaseMemory(bank)), prompts={0: boxes(0, 1, 2, 3)})
    for one in range(4):
        for beside in ((one,), (one, 3 - one)):
            start = State.start(cases=CaseMemory(bank))
            alone, _ = run(model, images[:, list(beside)], start, prompts={0: boxes(*beside)})
            assert torch.allclose(both[:, one], alone[:, 0], atol=1e-5)


def test_no_step_writes_the_shared_row(model, frames):
    bank = learnt(model)
    before = bank.fork()
    run(model, frames, State.start(cases=CaseMemory(bank, room=4)))
    assert all(torch.equal(getattr(bank, f.name), getattr(before, f.name)) for f in fields(MemoryBank))


def test_what_a_session_adds_changes_none_of_its_own_answers(model, frames):
    bank = learnt(model)
    closed, _ = run(model, frames, State.start(cases=CaseMemory(bank)))
    opened, state = run(model, frames, State.start(cases=CaseMemory(bank, room=4)))
    assert torch.equal(opened, closed)
    assert state.cases.overlay.used.sum(dim=1).tolist() == [2, 1]  # prompted objects of each stream


def test_a_kept_session_helps_the_next_case(model, frames):
    bank = learnt(model, range(2))  # with room left, so that what is added need not be surer
    _, state = run(model, frames, State.start(cases=CaseMemory(bank, room=4)))
    more, came = kept(state.cases, model.across.policy)
    assert came
    next_case = frames.flip(-1)
    one = run(model, next_case, State.start(cases=CaseMemory(bank)))[0]
    assert not torch.equal(run(model, next_case, State.start(cases=CaseMemory(more)))[0], one)


def test_a_resumed_stream_is_given_the_shared_row_again(model, frames):
    cases = CaseMemory(learnt(model), room=4)
    whole, _ = run(model, frames, State.start(cases=cases))
    first, state = run(model, frames[:2], State.start(cases=cases))
    saved = {name: tensor.clone() for name, tensor in state.tensors().items()}
    back = State.from_tensors(saved).with_cases(cases.shared, room=4)
    second, state = run(model, frames[2:], back)
    assert torch.equal(torch.cat([first, second]), whole)
    assert state.cases.overlay.used.sum() == 3


def test_the_reader_of_other_cases_learns(model, frames):
    state = State.start(cases=CaseMemory(learnt(model)))
    prediction, _ = model.train().step(frames[0], state, opening(model)[0])
    prediction.logits.clamp(min=-100).square().mean().backward()
    for name, parameter in model.across.named_parameters():
        assert parameter.grad.abs().sum() > 0, name


def test_an_absent_prompt_writes_nothing(model, frames):
    prompt = PromptBatch((1,), boxes=torch.tensor([[ONE], [NO_BOX]]))
    _, state = run(model, frames[:1], State.start(cases=CaseMemory(room=4)), prompts={0: prompt})
    assert state.cases.overlay.used.any(dim=1).tolist() == [True, False]
