from dataclasses import replace

import pytest
import torch

from footage import pictures
from nano import nano_sam2
from segmem.core import Prediction, Prompt
from segmem.core.errors import PromptError
from segmem.predict.compute import Compute
from segmem.predict.stream import Viewer
from segmem.predict.sweep import Sweep, mean

LENGTH = 6
LEFT, RIGHT = (10.0, 10.0, 40.0, 45.0), (45.0, 15.0, 85.0, 50.0)


@pytest.fixture(scope="module")
def model():
    return nano_sam2()


@pytest.fixture(scope="module")
def frames():
    return [torch.from_numpy(picture).permute(2, 0, 1) for picture in pictures(LENGTH)]


class Spy(Viewer):
    """A viewer that writes down which frame it looked at, and how."""

    def __init__(self, model) -> None:
        super().__init__(model, Compute.choose("cpu", "float32"))
        self.looks: list[tuple[int, bool]] = []

    def look(self, frame, state, prompts=(), **how):
        self.looks.append((state.frame, bool(prompts)))
        return super().look(frame, state, prompts, **how)


def on(*prompts: Prompt) -> dict[int, list[Prompt]]:
    return {frame: [one for one in prompts if one.frame == frame] for frame in {one.frame for one in prompts}}


def sweep(model, frames, *prompts: Prompt) -> Sweep:
    return Sweep(Spy(model), dict(enumerate(frames)).get, len(frames), on(*prompts))


MIDDLE = Prompt(frame=3, object=1, box=LEFT)
TWO = (Prompt(frame=1, object=1, box=LEFT), Prompt(frame=4, object=2, box=RIGHT))


def test_prompted_frames_are_seen_first_and_pinned(model, frames):
    made = sweep(model, frames, *TWO)
    assert made.viewer.looks == [(1, True), (4, True)]
    assert (made.first, made.last) == (1, 4)
    memory = made.support.memory
    assert made.support.objects == (1, 2)
    assert memory.frame[0, memory.used[0]].tolist() == [1]
    assert memory.frame[1, memory.used[1]].tolist() == [4]
    assert made.support.length == LENGTH


def test_forward_goes_from_the_first_prompted_frame_to_the_end(model, frames):
    made = sweep(model, frames, *TWO)
    seen = [(index, torch.equal(frame, frames[index])) for index, frame, _ in made.forward()]
    assert seen == [(1, True), (2, True), (3, True), (4, True), (5, True)]


def test_backward_goes_to_the_clip_s_beginning(model, frames):
    made = sweep(model, frames, *TWO)
    assert [index for index, _, _ in made.backward(4)] == [4, 3, 2, 1, 0]
    assert [index for index, _, _ in made.backward(2)] == [2, 1, 0]


@pytest.mark.parametrize("prompts", [(MIDDLE,), (Prompt(frame=1, box=LEFT), Prompt(frame=4, box=RIGHT))])
def test_backward_is_forward_through_the_clip_turned_round(model, frames, prompts):
    made = sweep(model, frames, *prompts)
    there = {index: p.logits for index, _, p in made.backward(made.last)}
    turned = (replace(one, frame=LENGTH - 1 - one.frame) for one in prompts)
    back = {LENGTH - 1 - index: p.logits for index, _, p in sweep(model, frames[::-1], *turned).forward()}
    assert there.keys() == back.keys()
    for index, logits in there.items():
        assert torch.allclose(logits, back[index], atol=1e-3), index


def test_frames_before_a_later_prompt_see_it(model, frames):
    early = Prompt(frame=0, object=1, box=LEFT)
    late = Prompt(frame=5, object=1, box=RIGHT)
    alone = {index: p.logits for index, _, p in sweep(model, frames, early).forward()}
    both = {index: p.logits for index, _, p in sweep(model, frames, early, late).forward()}
    assert not torch.allclose(both[2], alone[2], atol=1e-3)


def test_one_way_does_not_touch_the_other(model, frames):
    made = sweep(model, frames, *TWO)
    first = [p.logits for _, _, p in made.forward()]
    list(made.backward(4))
    assert all(torch.equal(one, p.logits) for one, (_, _, p) in zip(first, made.forward(), strict=True))


def test_what_was_said_on_a_frame_stands_and_other_objects_are_followed(model, frames):
    made = sweep(model, frames, *TWO)
    answers = {index: p for index, _, p in made.forward()}
    assert answers[1].objects == (1, 2)
    assert torch.equal(answers[1].logits[:, 1], made.said[1].logits[:, 1])
    assert torch.equal(answers[4].logits[:, 2], made.said[4].logits[:, 1])
    assert made.said[4].objects == (2,)
    assert not torch.equal(answers[4].logits[:, 1], made.said[4].logits[:, 1])


def each(made: Sweep, direction) -> list[Prediction]:
    return list(made.each(LENGTH, direction))


def test_frames_that_no_way_leads_to_are_background(model, frames):
    forward, backward = (each(sweep(model, frames, MIDDLE), way) for way in ("forward", "backward"))
    assert [bool(p.logits[:, 1].eq(-1).all()) for p in forward] == [True] * 3 + [False] * 3
    assert [bool(p.logits[:, 1].eq(-1).all()) for p in backward] == [False] * 4 + [True] * 2
    assert not forward[0].labels.any()
    assert all((p.logits[:, 0] == 0).all() for p in forward + backward)
    assert all(p.logits.shape == (1, 2, 60, 90) for p in forward + backward)
    assert all(p.objects == (1,) for p in forward + backward)


def test_both_ways_cover_all_and_meet_in_the_mean(model, frames):
    both, forward, backward = (
        each(sweep(model, frames, *TWO), way) for way in ("both", "forward", "backward")
    )
    assert torch.allclose(both[0].logits, backward[0].logits, atol=1e-2)
    assert torch.allclose(both[5].logits, forward[5].logits, atol=1e-2)
    for index in (2, 3):
        expected = (forward[index].logits + backward[index].logits) / 2
        assert torch.allclose(both[index].logits, expected, atol=1e-2)
        assert not torch.allclose(forward[index].logits, backward[index].logits, atol=1e-2)


@pytest.mark.parametrize(("way", "ticks"), [("forward", 5), ("backward", 5), ("both", 10)])
def test_a_tick_is_heard_for_every_look(model, frames, way, ticks):
    heard = []
    list(sweep(model, frames, *TWO).each(LENGTH, way, lambda: heard.append(1)))
    assert len(heard) == ticks


def test_a_prompt_behind_the_end_of_a_clip_is_refused(model, frames):
    with pytest.raises(PromptError, match="frame 9, which does not exist"):
        Sweep(Spy(model), dict(enumerate(frames)).get, None, on(Prompt(frame=9, box=LEFT)))


def test_the_mean_of_two_answers_is_that_of_logits_and_scores():
    one, other = (Prediction(torch.full((1, 2, 1, 1), v), torch.tensor([v]), (3,)) for v in (1.0, 0.0))
    found = mean(one, other)
    assert found.logits.flatten().tolist() == [0.5, 0.5]
    assert (found.score.tolist(), found.objects) == ([0.5], (3,))
