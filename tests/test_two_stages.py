from dataclasses import replace

import pytest
import torch

from nano import NANO_LAPG, nano_lapg, nano_lapg_released
from segmem.core import Prediction
from segmem.methods.lapg import LapgSettings
from segmem.nn.key_slices import key_slices
from segmem.nn.lapg_settings import ContextSettings
from segmem.state import State
from segmem.two_stages import (
    CHUNK,
    encode_slices,
    first_stage,
    fused,
    second_stage,
    taken,
    templates,
)


def scan(length: int, seed: int = 1) -> torch.Tensor:
    return torch.randn(length, 3, 32, 32, generator=torch.Generator().manual_seed(seed))


def slices_of(model, frames):
    return encode_slices(model, lambda a, b: frames[a:b], len(frames))


def seen(slices, presence: float = 5.0):
    return replace(slices, presence=torch.full_like(slices.presence, presence))


@torch.no_grad()
def test_slices_encoded_in_parts_equal_the_scan_encoded_whole():
    network = NANO_LAPG.model_copy(update={"context": ContextSettings(reach=2, adjacent=True)})
    model = nano_lapg(lapg=LapgSettings(network=network))
    torch.nn.init.normal_(model.network.context.back.weight)
    frames = scan(2 * CHUNK + 3)
    whole = model.encode(frames, slices=len(frames))
    assert torch.allclose(slices_of(model, frames).top, whole.top, atol=1e-4)


@torch.no_grad()
def test_the_first_stage_is_each_slice_by_itself():
    model, frames = nano_lapg(), scan(CHUNK + 2)
    found = first_stage(model, slices_of(model, frames))
    for index in (0, CHUNK, CHUNK + 1):
        alone, _ = model.step(frames[[index]], State.start(), recall=False)
        assert torch.allclose(found.logits[[index]], alone.logits, atol=1e-4)


@torch.no_grad()
def test_an_empty_scan_has_no_key_slice_and_is_answered_by_the_first_stage():
    model, frames = nano_lapg(), scan(5)
    empty = seen(slices_of(model, frames), -5.0)
    assert key_slices(empty, 3) == []
    assert torch.equal(second_stage(model, empty).logits, first_stage(model, empty).logits)


@torch.no_grad()
def test_without_support_memory_slices_still_look_back():
    model = nano_lapg()
    model.keys = 0
    slices = seen(slices_of(model, scan(5)))
    found, alone = second_stage(model, slices), first_stage(model, slices)
    assert not torch.allclose(found.probabilities, alone.probabilities, atol=1e-3)


@torch.no_grad()
def test_a_generator_that_draws_nothing_is_judged_by_the_first_stage():
    model = nano_lapg_released()
    slices = slices_of(model, scan(6))
    found = first_stage(model, slices)
    assert found.labels.any()  # else there is nothing to see here
    assert not torch.allclose(second_stage(model, slices).probabilities, found.probabilities, atol=1e-3)


@pytest.mark.parametrize("length", [1, 2])
@torch.no_grad()
def test_a_scan_of_one_or_two_slices_is_answered(length):
    model = nano_lapg()
    found = second_stage(model, seen(slices_of(model, scan(length))))
    assert found.logits.shape[:2] == (length, 3)
    assert found.logits.isfinite().all()


@torch.no_grad()
def test_a_class_that_no_slice_shows_harms_nothing():
    model = nano_lapg()
    slices = slices_of(model, scan(5))
    presence = torch.full((5, 2), 5.0)
    presence[:, 1] = -50.0
    assert second_stage(model, replace(slices, presence=presence)).logits.isfinite().all()


@torch.no_grad()
def test_memory_changes_the_answer_and_both_ways_are_heard():
    model, frames = nano_lapg(), scan(6)
    slices = seen(slices_of(model, frames))
    plain = second_stage(model, slices)
    assert not torch.allclose(plain.probabilities, first_stage(model, slices).probabilities, atol=1e-3)
    model.keys = 0
    support = a_bank(model, 1)
    before = second_stage(model, slices, support)
    for end in (0, 5):
        other = frames.clone()
        other[end] = other[end].flip(-1)
        after = second_stage(model, seen(slices_of(model, other)), support)
        middle = (after.probabilities[2:4] - before.probabilities[2:4]).abs().amax()
        assert middle > 1e-4


@torch.no_grad()
def test_a_mirrored_scan_is_answered_by_the_mirrored_answer():
    model, frames = nano_lapg(), scan(7)
    one = second_stage(model, seen(slices_of(model, frames)))
    other = second_stage(model, seen(slices_of(model, frames.flip(0))))
    assert key_slices(seen(slices_of(model, frames)), 2) == [
        6 - key for key in reversed(key_slices(seen(slices_of(model, frames.flip(0))), 2))
    ]
    assert torch.allclose(other.probabilities.flip(0), one.probabilities, atol=2e-2)


def a_bank(model, count: int):
    """Memories of so many slices of another scan, numbered as there."""
    state = State.start()
    for number in range(count):
        _, state = model.step(scan(1, 10 + number), state, recall=False, memorise=True, pinned=True)
    return state.memory


@torch.no_grad()
def test_templates_of_other_scans_are_seen_from_both_ends():
    model = nano_lapg()
    model.keys = 0
    slices = seen(slices_of(model, scan(4)))
    plain, told = second_stage(model, slices), second_stage(model, slices, a_bank(model, 2))
    moved = (told.probabilities - plain.probabilities).abs().amax(dim=(1, 2, 3))
    assert (moved > 1e-4).all()


@torch.no_grad()
def test_the_surest_templates_are_taken_as_there_is_room():
    model = nano_lapg()
    bank = a_bank(model, 2)
    bank.score[:, :2] = torch.tensor([[0.2, 0.9]])
    model.keys = 1  # of two pinned slots
    there = templates(model, bank)
    assert there.frame.tolist() == [[-2, -1, -1, -1, -1]]
    assert torch.equal(there.tokens[0, 0], bank.tokens[0, 1])
    assert there.pinned[0, 0]
    assert there.mirrored(7).used.tolist() == there.used.tolist()


@torch.no_grad()
def test_an_answer_is_fused_as_sure_as_each_way_is():
    one = Prediction(torch.tensor([[[[2.0]], [[0.0]]]]), torch.tensor([0.75]))
    other = Prediction(torch.tensor([[[[0.0]], [[1.0]]]]), torch.tensor([0.25]))
    p, q = one.probabilities, other.probabilities
    assert torch.allclose(fused(one, other).probabilities, 0.75 * p + 0.25 * q, atol=1e-6)
    assert fused(one, other).score.tolist() == [0.75]
    assert torch.allclose(fused(other, one).probabilities, fused(one, other).probabilities, atol=1e-6)


@torch.no_grad()
def test_the_model_is_told_of_each_slice_twice():
    model, ticks = nano_lapg(), []
    frames = scan(5)
    slices = encode_slices(model, lambda a, b: frames[a:b], 5, lambda: ticks.append("encoded"))
    second_stage(model, seen(slices), tick=lambda: ticks.append("answered"))
    assert ticks == ["encoded"] * 5 + ["answered"] * 5
    assert len(taken(slices.packed(), [1, 3]).top) == 2
