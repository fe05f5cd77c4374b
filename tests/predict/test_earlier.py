import torch

from nano import nano_sam2
from segmem.core import PromptBatch
from segmem.predict.earlier import mending
from segmem.state import State

POINT = PromptBatch((1,), points=torch.tensor([[[[20.0, 20.0, 1.0]]]]))
MASK = PromptBatch((1,), mask=(torch.arange(64.0) < 30).float().expand(1, 1, 64, 64))


@torch.inference_mode()
def answer(model, prompt, logits=None):
    frame = torch.linspace(-1, 1, 3 * 64 * 64).view(1, 3, 64, 64)
    model = model if logits is None else mending(model, logits)
    return model.step(frame, State.start(), prompt, recall=False, memorise=True)[0].logits[:, 1:]


def test_points_are_answered_otherwise_beside_an_earlier_answer():
    model = nano_sam2()
    alone, other = answer(model, POINT), torch.full((1, 1, 16, 16), -5.0)
    assert not torch.allclose(answer(model, POINT, other), alone, atol=1e-3)
    assert torch.equal(answer(model, POINT), alone), "the model itself has changed"


def test_a_mask_stands_whatever_was_answered_before():
    model = nano_sam2()
    assert torch.equal(answer(model, MASK, torch.full((1, 1, 16, 16), -5.0)), answer(model, MASK))


def test_an_earlier_answer_is_clamped():
    model = nano_sam2()
    sure, surer = (torch.full((1, 1, 16, 16), value) for value in (-32.0, -1024.0))
    assert torch.equal(answer(model, POINT, sure), answer(model, POINT, surer))


def test_weights_are_shared():
    model = nano_sam2()
    one = mending(model, torch.zeros(1, 1, 16, 16))
    assert next(one.parameters()) is next(model.parameters())
    assert list(one.memory_parameters())
