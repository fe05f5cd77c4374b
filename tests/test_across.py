import torch

from nano import nano_samed2
from segmem.across import AcrossCases
from segmem.asks import Ask
from segmem.core import PromptBatch
from segmem.memory import CaseMemory
from segmem.memory.cases import kept
from segmem.state import State

BOX = PromptBatch((1,), boxes=torch.tensor([[(10.0, 8.0, 50.0, 44.0)]]))


@torch.no_grad()
def after(model, room: int = 2, frames: int = 1) -> State:
    state = State.start(cases=CaseMemory(room=room))
    for frame in torch.randn(frames, 1, 3, 64, 64, generator=torch.Generator().manual_seed(5)):
        _, state = model.step(frame, state, BOX if state.frame == 0 else None)
    return state


def test_prompted_frames_alone_are_written():
    state = after(nano_samed2(), frames=3)
    overlay = state.cases.overlay
    assert overlay.used.sum() == 1
    assert overlay.frame[0, 0] == 0
    assert overlay.tokens.dtype == torch.bfloat16


def test_a_frame_of_poor_quality_is_not_offered():
    model = nano_samed2(min_quality=1.0)
    assert not after(model).cases.overlay.used.any()


def test_an_entry_is_found_by_its_image_before_it_has_looked_at_memory():
    model = nano_samed2()
    overlay = after(model).cases.overlay
    with torch.no_grad():
        image = torch.randn(1, 1, 3, 64, 64, generator=torch.Generator().manual_seed(5))[0]
        key = model.across.policy.key(model.encode(image).top)
    assert torch.allclose(overlay.key[0, 0], key[0], atol=1e-6)


@torch.no_grad()
def test_nothing_is_told_without_a_bank():
    model = nano_samed2()
    across, top = model.across, torch.randn(1, 32, 4, 4)
    assert isinstance(across, AcrossCases)
    assert across.look(model.network, top, State.start()) is None
    attended = torch.randn(2, 32, 4, 4)
    assert across.told(attended, None, torch.tensor([0, 0]), {}) is attended


@torch.no_grad()
def test_every_object_of_an_image_is_told_what_its_image_is():
    model = nano_samed2()
    bank, _ = kept(after(model).cases, model.across.policy)
    top = torch.randn(2, 32, 4, 4)
    told = model.across.look(model.network, top, State.start(cases=CaseMemory(bank)))
    rows = torch.zeros(3, 32, 4, 4)
    out = model.across.told(rows, told, torch.tensor([0, 0, 1]), {})
    assert torch.equal(out[0], out[1])
    assert not torch.allclose(out[0], out[2])


@torch.no_grad()
def test_what_has_no_rough_mask_is_as_without_other_cases_where_masks_alone_hear_of_them():
    model = nano_samed2(tell="masks")
    bank, _ = kept(after(model).cases, model.across.policy)
    state = State.start(cases=CaseMemory(bank))
    told = model.across.look(model.network, torch.randn(1, 32, 4, 4), state)
    rows = torch.zeros(2, 32, 4, 4)
    asks = {0: Ask(torch.zeros(1, 3)), 1: Ask(torch.zeros(1, 3), earlier=torch.zeros(16, 16))}
    out = model.across.told(rows, told, torch.tensor([0, 0]), asks)
    assert not out[0].any()
    assert out[1].any()

    frame = torch.randn(1, 3, 64, 64)
    assert torch.equal(
        model.step(frame, state, BOX)[0].logits, model.step(frame, State.start(), BOX)[0].logits
    )
    rough = PromptBatch((1,), points=torch.tensor([[[(20.0, 20, 1)]]]), earlier=torch.ones(1, 1, 16, 16))
    assert not torch.equal(
        model.step(frame, State.start(cases=CaseMemory(bank)), rough)[0].logits,
        model.step(frame, State.start(), rough)[0].logits,
    )
