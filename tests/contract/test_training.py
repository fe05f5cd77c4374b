"""Promises that every method keeps about learning."""

from functools import partial

import pytest
import torch

from lineup import METHODS, NAN, NO_BOX, NO_POINT, opening
from nano import nano
from segmem.core import PromptBatch
from segmem.state import State

UNTRAINED = METHODS | {"tmam": partial(nano, memory_on=False)}

SILENT = {
    "sam2": (
        "no_mem_pos_enc",  # published, never read
        "pred_obj_score_head",  # it decides; no answer grows with it
    ),
    "lapg-released": (
        # what becomes of the decoder's tokens in the last layer is not used, nor are 49 of 50 tokens
        "generator.cross_token_token.layers.1.1.",
        "generator.cross_token_token.layers.1.3.",
        "generator.cross_image_token.layers.1.1.",
        "decoder.read.q_proj",  # one prompt a class: there is nothing to choose among
        "decoder.read.k_proj",
    ),
}
SILENT["samed2"] = (
    *SILENT["sam2"],
    "across.",
)  # read where a bank of other cases is given: see test_cases.py


@pytest.fixture(params=METHODS)
def method(request) -> str:
    return request.param


def every_kind(size: tuple[int, int]) -> dict[int, PromptBatch]:
    """One stream with a box, a point, a mask and the mask of an object that is away; then a correction."""
    mask = torch.full((1, 4, *size), NAN)
    mask[0, 2:] = 0
    mask[0, 2, 16:40, 16:40] = 1
    boxes = torch.tensor([[(8.0, 8.0, 40.0, 40.0), NO_BOX, NO_BOX, NO_BOX]])
    points = torch.tensor([[[NO_POINT], [(50.0, 30.0, 1.0)], [NO_POINT], [NO_POINT]]])
    wrong = torch.tensor([[[(20.0, 20.0, 0.0), (30.0, 30.0, 1.0)]]])
    return {0: PromptBatch((1, 2, 3, 4), boxes, points, mask), 2: PromptBatch((1,), points=wrong)}


def loss_of(model, frames, prompts):
    state, total = State.start(), torch.zeros(())
    for frame in frames:
        prediction, state = model.step(frame, state, prompts.get(state.frame))
        total = total + prediction.logits.clamp(min=-100).square().mean() + prediction.score.mean()
        if prediction.coarse is not None:
            total = total + prediction.coarse.square().mean()
    return total


def lessons(model, method):
    """Losses that between them ask everything of a model."""
    frames = torch.randn(4, 2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    if method not in {"sam2", "samed2"}:
        yield loss_of(model, frames, opening(model))
        return
    decoder = model.get_submodule("network.sam_mask_decoder")
    best = decoder.get_submodule("iou_prediction_head.layers.2").bias
    for each in range(1, 4):  # each of the masks for an ambiguous prompt is the best once
        best.data = 2.0 * (torch.arange(4) == each)
        yield loss_of(model, frames[:, :1], every_kind((64, 64)))
    for head in decoder.get_submodule("output_hypernetworks_mlps").children():  # a mask so clear is stable
        head.get_submodule("layers.2").weight.data *= 50
    yield loss_of(model, frames, opening(model))


def test_an_untrained_wrapper_equals_its_base_model():
    model, state = nano(memory_on=False), State.start()
    with torch.no_grad():
        for frame in torch.randn(5, 1, 3, 64, 64):
            alone, _ = model.step(frame, State.start(), recall=False)
            prediction, state = model.step(frame, state)
            assert torch.equal(prediction.logits, alone.logits)


def test_gradients_reach_every_trained_part_after_two_steps(method):
    model = UNTRAINED[method]().train()
    learnt = {name: p for name, p in model.named_parameters() if p.requires_grad}
    frames = torch.randn(3, 2, 3, 64, 64)
    optimiser = torch.optim.SGD(learnt.values(), lr=0.01 if method == "tmam" else 0.0)
    for _ in range(2):
        optimiser.zero_grad()
        loss_of(model, frames, opening(model)).backward()
        optimiser.step()
    optimiser.zero_grad()
    for loss in lessons(model, method):
        loss.backward()
    silent = [name for name, p in learnt.items() if p.grad is None or not p.grad.abs().sum() > 0]
    excused = [name for name in silent if any(part in name for part in SILENT.get(method, ()))]
    assert silent == excused


def test_every_part_of_memory_learns(method):
    model = METHODS[method]().train()
    frames = torch.randn(3, 2, 3, 64, 64)
    loss_of(model, frames, opening(model)).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.memory_parameters())


def test_the_loss_of_a_frame_teaches_the_memory_of_an_earlier_one(method):
    model, frames = METHODS[method](), torch.randn(3, 2, 3, 64, 64)
    first = frames[0].clone().requires_grad_()
    _, state = model.step(first, State.start(), opening(model).get(0))
    prediction, _ = model.step(frames[1], state)
    prediction.logits.sum().backward()
    assert first.grad.abs().sum() > 0


def test_a_detached_state_ends_back_propagation(method):
    model, frames = METHODS[method](), torch.randn(2, 2, 3, 64, 64)
    first = frames[0].clone().requires_grad_()
    _, state = model.step(first, State.start(), opening(model).get(0))
    prediction, _ = model.step(frames[1], state.detach())
    prediction.logits.sum().backward()
    assert first.grad is None


def test_learning_and_use_give_the_same_answers(method):
    model, frames = METHODS[method](), torch.randn(4, 2, 3, 64, 64)

    def answers():
        state, each = State.start(), []
        for frame in frames:
            prediction, state = model.step(frame, state, opening(model).get(state.frame))
            each.append(prediction.logits.detach())
        return torch.stack(each)

    learning = answers()
    with torch.inference_mode():
        used = answers()
    both = learning.clamp(min=-100), used.clamp(min=-100)
    # in use memory is kept in half precision; matching sharpens what that rounds
    assert (both[0] - both[1]).abs().max() < (0.25 if method == "litemedsam" else 0.05)
    assert (learning.sigmoid() - used.sigmoid()).abs().max() < 0.01
