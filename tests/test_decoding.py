import pytest
import torch

from nano import nano_litemedsam, nano_sam2
from segmem.asks import Ask
from segmem.core import PromptBatch
from segmem.decoding import PREVIOUS, Decoding
from segmem.state import State

POINTS = torch.tensor([[20.0, 20.0, 1.0]])
POINT = PromptBatch((1,), points=POINTS[None, None])
LOGITS = torch.full((16, 16), -5.0)
HALF = (torch.arange(64.0) < 30).float().expand(64, 64)


@pytest.fixture(scope="module")
def network():
    return nano_sam2().network


@pytest.fixture(scope="module")
def features(network):
    with torch.no_grad():
        return network.encode(torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)))


@pytest.fixture(scope="module")
def decoding(network, features):
    """Two objects on each of two images."""
    image = torch.tensor([0, 0, 1, 1])
    return Decoding(network, features, network.alone(features.top)[image], image)


@pytest.mark.parametrize(
    "ask", [Ask(POINTS), Ask(POINTS, earlier=LOGITS), Ask(mask=HALF)], ids=["points", "mended", "mask"]
)
@torch.no_grad()
def test_a_row_s_answer_is_the_same_alone_and_among_others(decoding, features, network, ask):
    others = {0: Ask(POINTS + torch.tensor([5.0, 5.0, 0.0])), 1: Ask(mask=1 - HALF)}
    together = decoding.masks(others | {2: ask}, [True, False, False, False])
    alone = Decoding(network, features, decoding.top[[2]], torch.tensor([1])).masks({0: ask}, [False])
    assert torch.allclose(together.logits[[2]], alone.logits, atol=1e-5)
    assert torch.allclose(together.quality[[2]], alone.quality, atol=1e-5)


@torch.no_grad()
def test_an_earlier_answer_that_is_given_comes_before_memory_s(decoding):
    given = Ask(POINTS, earlier=LOGITS)
    tracked, new = (decoding.masks({0: given}, [is_tracked] + [False] * 3) for is_tracked in (True, False))
    assert torch.equal(tracked.logits, new.logits)
    without = decoding.masks({0: Ask(POINTS)}, [True] + [False] * 3)
    assert not torch.allclose(without.logits[0], tracked.logits[0], atol=1e-3)


@torch.no_grad()
def test_an_earlier_answer_is_clamped(decoding):
    sure, surer = (
        decoding.masks({0: Ask(POINTS, earlier=torch.full((16, 16), value))}, [False] * 4)
        for value in (-PREVIOUS, -1024.0)
    )
    assert torch.equal(sure.logits, surer.logits)


@torch.inference_mode()
def test_a_mask_stands_whatever_was_answered_before():
    model, frame = nano_sam2(), torch.linspace(-1, 1, 3 * 64 * 64).view(1, 3, 64, 64)
    answers = [
        model.step(frame, State.start(), PromptBatch((1,), mask=HALF[None, None], earlier=earlier))[0].logits
        for earlier in (None, LOGITS[None, None])
    ]
    assert torch.equal(*answers)


@torch.inference_mode()
def test_a_prompt_carries_the_earlier_answer_to_the_decoder():
    model, frame = nano_sam2(), torch.linspace(-1, 1, 3 * 64 * 64).view(1, 3, 64, 64)

    def answer(prompt):
        return model.step(frame, State.start(), prompt, recall=False, memorise=True)[0].logits

    mended = PromptBatch((1,), points=POINT.points, earlier=LOGITS[None, None])
    none = PromptBatch((1,), points=POINT.points, earlier=torch.full((1, 1, 16, 16), float("nan")))
    assert not torch.allclose(answer(POINT), answer(mended), atol=1e-3)
    assert torch.equal(answer(POINT), answer(none))


@torch.no_grad()
def test_a_network_that_reads_rough_masks_alone_answers_a_correction_anew():
    model, frames = nano_litemedsam(), torch.randn(2, 1, 3, 64, 64)
    box = PromptBatch((1,), boxes=torch.tensor([[(10.0, 8.0, 50.0, 44.0)]]))

    def corrected() -> torch.Tensor:
        _, state = model.step(frames[0], State.start(), box)
        return model.step(frames[1], state, POINT)[0].logits

    deaf = corrected()
    model.network.reads_masks = True
    assert not model.network.mends
    assert torch.equal(corrected(), deaf)
    model.network.mends = True
    assert not torch.equal(corrected(), deaf)
