import pytest
import torch

from nano import NANO_LAPG, nano_lapg
from segmem.core import PromptBatch
from segmem.core.errors import UsageError
from segmem.methods.lapg import LapgSettings
from segmem.nn.lapg_settings import ContextSettings
from segmem.state import State


@pytest.fixture
def frames() -> torch.Tensor:
    return torch.randn(3, 1, 3, 64, 64, generator=torch.Generator().manual_seed(1))


def test_a_prompt_is_refused(frames):
    with pytest.raises(UsageError, match="takes no prompts"):
        nano_lapg().step(frames[0], State.start(), PromptBatch((1,), boxes=torch.zeros(1, 1, 4)))


@torch.no_grad()
def test_without_recall_nothing_is_remembered_unless_asked(frames):
    model = nano_lapg()
    _, state = model.step(frames[0], State.start(), recall=False)
    assert state.memory is None
    _, state = model.step(frames[0], State.start(), recall=False, memorise=True, pinned=True)
    assert state.memory.pinned.sum() == 1


@torch.no_grad()
def test_what_somebody_labelled_is_remembered_in_place_of_what_was_found(frames):
    model, known = nano_lapg(), torch.zeros(1, 2, 64, 64)
    known[:, 0, 10:30, 10:30] = 1
    _, told = model.step(frames[0], State.start(), known=known)
    _, found = model.step(frames[0], State.start())
    assert not torch.equal(told.memory.tokens, found.memory.tokens)


@torch.no_grad()
def test_the_score_is_the_quality_of_the_classes_that_are_there(frames):
    model = nano_lapg()
    prepared = model.network.encode(frames[0])
    prepared.presence[:] = torch.tensor([[30.0, -30.0]])
    prediction = model.decode(prepared, prepared.top)
    assert torch.allclose(prediction.score, prediction.quality[:, 0], atol=1e-5)


@torch.no_grad()
def test_temperature_calms_the_answer_and_not_the_memory(frames):
    model = nano_lapg()
    plain, state = model.step(frames[0], State.start())
    model.spec = model.spec.model_copy(update={"temperature": 4.0})
    calm, other = model.step(frames[0], State.start())
    assert torch.allclose(calm.logits * 4, plain.logits, atol=1e-5)
    assert torch.allclose(other.memory.tokens, state.memory.tokens, atol=1e-5)


def test_the_loss_of_a_slice_reaches_its_neighbour_s_image_and_all_of_the_context(frames):
    network = NANO_LAPG.model_copy(update={"context": ContextSettings(reach=1)})
    model = nano_lapg(lapg=LapgSettings(network=network))
    torch.nn.init.normal_(model.network.context.back.weight)
    seen = frames[:, 0].clone().requires_grad_()
    prediction, _ = model.step(model.encode(seen, slices=3), State.start(), recall=False)
    prediction.logits[0].square().sum().backward()
    assert seen.grad[1].abs().sum() > 0
    assert seen.grad[2].abs().sum() == 0
    assert all(p.grad.abs().sum() > 0 for p in model.network.context.parameters())


@torch.no_grad()
def test_classes_in_another_order_give_the_same_in_that_order(frames):
    model = nano_lapg()

    def answers():
        state, each = State.start(), []
        for frame in frames:
            prediction, state = model.step(frame, state)
            each.append(prediction.logits)
        return torch.stack(each)

    plain = answers()
    network, order = model.network, [0, 2, 1]
    for rows in (network.generator.concepts, network.generator.class_embed, network.decoder.own):
        rows.copy_(rows[order].clone())
    cut = network.generator.masks.cut.weight
    cut.copy_(cut[:, order].clone())
    kept = model.memory.memory_encoder.mask_downsampler.cut.weight
    kept.copy_(kept.flip(1).clone())
    assert torch.allclose(answers()[:, :, order], plain, atol=1e-3)
