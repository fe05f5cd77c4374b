"""Promises that every method of prompted objects keeps about them."""

import pytest
import torch

from lineup import NO_BOX, PROMPTED, opening, run
from segmem.core import PromptBatch
from segmem.prompted import PromptedSegmenter
from segmem.state import State

ONE, TWO, THREE = (10.0, 8.0, 50.0, 44.0), (50.0, 20.0, 90.0, 60.0), (5.0, 30.0, 40.0, 62.0)
CLOSE = 0.02  # memories are kept in half precision: a sum in another order can round another way


@pytest.fixture(params=PROMPTED)
def model(request) -> PromptedSegmenter:
    return PROMPTED[request.param]()


@pytest.fixture
def frames() -> torch.Tensor:
    return torch.randn(7, 1, 3, 64, 96, generator=torch.Generator().manual_seed(1))


def said(*boxes, objects) -> PromptBatch:
    return PromptBatch(objects, boxes=torch.tensor([boxes]))


def test_objects_one_by_one_equal_all_at_once(model, frames):
    prompts = {0: said(ONE, TWO, THREE, objects=(1, 2, 3)), 4: said(TWO, objects=(2,))}
    whole, _ = run(model, frames, prompts=prompts)
    for together in (1, 2):
        model.together = together
        assert torch.allclose(run(model, frames, prompts=prompts)[0], whole, atol=CLOSE)


@pytest.mark.parametrize("known", ["some", "all"])
def test_one_by_one_and_stream_by_stream_hold_for_several_of_each(model, frames, known):
    def prompts(streams: tuple[int, ...] = (0, 1)):
        boxes = torch.tensor([[ONE, TWO], [THREE, TWO]])[[*streams]]
        return opening(model, streams) if known == "some" else {0: PromptBatch((1, 2), boxes=boxes)}

    two = torch.cat([frames, frames.flip(-1)], dim=1)
    whole, _ = run(model, two, prompts=prompts())
    for stream in (0, 1):
        alone, _ = run(model, two[:, [stream]], prompts=prompts((stream,)))
        assert torch.allclose(whole[:, [stream]], alone, atol=CLOSE)
    model.together = 1
    assert torch.allclose(run(model, two, prompts=prompts())[0], whole, atol=CLOSE)


def test_each_object_is_followed_as_if_it_were_alone(model, frames):
    both, _ = run(model, frames, prompts={0: said(ONE, TWO, objects=(1, 2))})
    one, _ = run(model, frames, prompts={0: said(ONE, objects=(1,))})
    two, _ = run(model, frames, prompts={0: said(TWO, objects=(2,))})
    assert torch.allclose(both[:, :, 1], one[:, :, 1], atol=CLOSE)
    assert torch.allclose(both[:, :, 2], two[:, :, 1], atol=CLOSE)
    assert not torch.allclose(one[1:, :, 1], two[1:, :, 1], atol=CLOSE)


def test_the_order_of_objects_does_not_matter(model, frames):
    one, _ = run(model, frames, prompts={0: said(ONE, TWO, objects=(1, 2))})
    other, _ = run(model, frames, prompts={0: said(TWO, ONE, objects=(2, 1))})
    assert torch.allclose(other[:, :, [0, 2, 1]], one, atol=CLOSE)


def test_an_object_s_id_is_a_name_and_nothing_else(model, frames):
    one, _ = run(model, frames, prompts={0: said(ONE, TWO, objects=(1, 2))})
    other, state = run(model, frames, prompts={0: said(ONE, TWO, objects=(200, 7))})
    assert torch.equal(one, other)
    assert state.objects == (200, 7)


def test_a_new_object_on_the_way_does_not_change_the_others(model, frames):
    before, _ = run(model, frames[:3], prompts={0: said(ONE, objects=(1,))})
    alone, _ = run(model, frames, prompts={0: said(ONE, objects=(1,))})
    _, state = run(model, frames[:3], prompts={0: said(ONE, objects=(1,))})
    after, state = run(model, frames[3:], state, prompts={3: said(TWO, objects=(2,))})
    assert torch.equal(before, alone[:3])
    assert after.shape[2] == 3
    assert torch.allclose(after[:, :, 1], alone[3:, :, 1], atol=CLOSE)
    assert state.objects == (1, 2)


def test_a_correction_changes_its_object_from_there_on_and_no_other(model, frames):
    start = said(ONE, TWO, objects=(1, 2))
    plain, _ = run(model, frames, prompts={0: start})
    corrected, _ = run(model, frames, prompts={0: start, 3: said(THREE, objects=(2,))})
    assert torch.equal(corrected[:3], plain[:3])
    assert torch.allclose(corrected[:, :, 1], plain[:, :, 1], atol=CLOSE)
    change = (corrected[3:, :, 2] - plain[3:, :, 2]).abs().amax(dim=(1, 2, 3))
    assert change.min() > CLOSE


def test_a_prompt_of_one_stream_does_not_reach_the_other(model, frames):
    two = torch.cat([frames, frames], dim=1)
    prompts = {0: PromptBatch((1,), boxes=torch.tensor([[ONE], [ONE]]))}
    plain, _ = run(model, two, prompts=prompts)
    late = {**prompts, 3: PromptBatch((1,), boxes=torch.tensor([[NO_BOX], [TWO]]))}
    corrected, _ = run(model, two, prompts=late)
    assert torch.allclose(corrected[:, 0], plain[:, 0], atol=CLOSE)
    assert not torch.allclose(corrected[3:, 1], plain[3:, 1], atol=CLOSE)


def test_a_prompt_is_remembered_for_good_in_one_slot(model, frames):
    _, state = run(model, frames.repeat(3, 1, 1, 1, 1), prompts={0: said(ONE, objects=(1,))})
    assert state.memory.frame[0, state.memory.pinned[0]].tolist() == [0]
    assert 0 not in state.memory.frame[0, ~state.memory.pinned[0]]


def test_a_stream_without_a_prompt_shows_background_until_there_is_one(model, frames):
    logits, state = run(model, frames[:3], prompts={})
    assert logits.shape[2] == 1
    assert state.objects == ()
    past = {"past": state.past, "past_frame": 3}  # an encoder that looks along time has seen the frames
    late, state = run(model, frames[3:], state, prompts={3: said(ONE, objects=(5,))})
    fresh, _ = run(model, frames[3:], State(frame=3, **past), prompts={3: said(ONE, objects=(5,))})
    assert torch.equal(late, fresh)
    assert late.shape[2] == 2
    assert logits.shape[-2:] == late.shape[-2:]


def test_labels_are_ids_and_only_those_of_known_objects(model, frames):
    state = State.start()
    with torch.no_grad():
        for frame in frames:
            prompt = said(ONE, TWO, objects=(200, 7)) if state.frame == 0 else None
            prediction, state = model.step(frame, state, prompt)
            assert set(prediction.labels.unique().tolist()) <= {0, 7, 200}
            assert prediction.objects == (200, 7)
            assert prediction.quality.shape == (1, 2)


def test_a_mask_can_begin_an_object(model, frames):
    mask = torch.zeros(1, 1, 64, 96)
    mask[..., 16:48, 32:64] = 1
    logits, state = run(model, frames, prompts={0: PromptBatch((1,), mask=mask)})
    scale = logits.shape[-1] / 96
    inside = logits[0, 0, 1] > 0
    assert inside.float().mean() == pytest.approx(float(mask.mean()), abs=0.01)
    assert inside[int(32 * scale), int(48 * scale)]
    assert state.memory.used.sum() == len(frames)
