import pytest
import torch

from footage import pictures
from nano import nano_litemedsam, nano_sam2, nano_samed2
from segmem.core import Prompt
from segmem.core.errors import GeometryError, PromptError, UsageError
from segmem.predict import trail
from segmem.predict.album import Album, album
from segmem.predict.compute import Compute
from segmem.predict.tracker import Tracker

BOX, OTHER = Prompt(0, 1, (5, 5, 40, 40)), Prompt(0, 2, points=((70, 30, 1),))
LATER = Prompt(9, 1, points=((60, 50, 0),))


def tracker(model=None):
    return Tracker(model or nano_sam2(), Compute.choose("cpu", "float32"))


def prompted(at_work, frames=14, *said):
    clip = at_work.begin(album(pictures(frames)))
    for prompt in said or (BOX, OTHER):
        at_work.hear(clip, prompt)
    clip.settle()
    return clip


def masks(at_work, clip, start, step):
    return {
        frame: torch.cat([*logits.values()], dim=1).clone()
        for frame, logits in at_work.walk(clip, start, step)
    }


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[frame], other[frame]) for frame in one)


def corrected(at_work, frames=14):
    """Everything that is given of a walk, a correction far from its states, and walks both ways from there."""
    clip = prompted(at_work, frames)
    given = [masks(at_work, clip, 0, 1)]
    at_work.hear(clip, LATER)
    given.append({9: clip.fresh[9, 1].logits})
    clip.settle()
    return [*given, masks(at_work, clip, 9, 1), masks(at_work, clip, 9, -1)]


@pytest.mark.parametrize("make", [nano_sam2, nano_litemedsam, nano_samed2])
def test_few_states_give_what_all_of_them_give(make, monkeypatch):
    at_work = tracker(make())
    monkeypatch.setattr(trail, "STATES", 1000)
    monkeypatch.setattr(trail, "CLOSE", 1)
    expected = corrected(at_work)
    monkeypatch.setattr(trail, "STATES", 1)
    got = corrected(at_work)
    assert all(same(one, other) for one, other in zip(expected, got, strict=True))
    assert list(got[2]) == list(range(9, 14))
    assert list(got[3]) == list(range(9, -1, -1))


def test_a_correction_changes_what_follows_and_stands_itself():
    at_work = tracker()
    before, said, after, _ = corrected(at_work)
    assert torch.equal(after[9][:, :1], said[9])
    assert not torch.allclose(after[12], before[12], atol=1e-3)


def test_a_walk_that_is_gone_on_with_is_one_walk():
    at_work = tracker()
    expected = masks(at_work, prompted(at_work), 0, 1)
    clip, got = prompted(at_work), {}
    for start in range(14):
        one = at_work.walk(clip, start, 1)
        frame, logits = next(one)
        got[frame] = torch.cat([*logits.values()], dim=1).clone()
    assert same(got, expected)
    assert len(clip.trail.walks) == 1


def test_what_is_held_does_not_grow_with_the_clip():
    frames = [torch.from_numpy(one).permute(2, 0, 1) for one in pictures(10)]

    def held(length):
        at_work = tracker()
        clip = at_work.begin(
            Album(lambda t: frames[t % 10] if t < length else None, (60, 90), "video", None, None)
        )
        at_work.hear(clip, BOX)
        clip.settle()
        assert sum(1 for _ in at_work.walk(clip, 0, 1)) == length
        states = [state for walk in clip.trail.walks for state in walk.kept]
        assert len(states) <= trail.STATES + 1
        return max(sum(value.numel() for value in state.tensors().values()) for state in states)

    assert held(60) == held(200)


def test_frames_are_encoded_once_for_many_prompts(monkeypatch):
    at_work, encoded = tracker(), []
    encode = at_work.model.encode
    monkeypatch.setattr(at_work.model, "encode", lambda frame: encoded.append(1) or encode(frame))
    clip = at_work.begin(album(pictures(3)))
    for prompt in (BOX, OTHER, Prompt(0, 2, points=((71, 31, 0),))):
        at_work.hear(clip, prompt)
        at_work.known(clip, 0, clip.objects)
    assert len(encoded) == 1


def test_nothing_is_known_of_an_object_before_it_is_tracked():
    at_work = tracker()
    clip = prompted(at_work, 6, BOX, Prompt(3, 2, (30, 10, 60, 40)))
    assert set(at_work.known(clip, 3, clip.objects)) == {2}
    assert torch.equal(at_work.large(clip, {}), torch.full((2, 1, 60, 90), -1024.0))
    list(at_work.walk(clip, 2, 1))
    assert set(at_work.known(clip, 4, clip.objects)) == {1, 2}
    assert set(at_work.known(clip, 0, clip.objects)) == {1}


def test_a_walk_ends_where_prompts_change():
    at_work = tracker()
    clip = prompted(at_work)
    walk = at_work.walk(clip, 0, 1)
    next(walk)
    clip.clear(0, 2)
    with pytest.raises(UsageError, match="have changed"):
        next(walk)


def test_frames_that_are_not_there_or_of_another_size_are_refused():
    at_work = tracker()
    clip = at_work.begin(album([*pictures(2), *pictures(1, size=(50, 90))]))
    with pytest.raises(PromptError, match="frame 3"):
        at_work.hear(clip, Prompt(3, 1, (5, 5, 40, 40)))
    with pytest.raises(GeometryError, match="Frame 2"):
        at_work.hear(clip, Prompt(2, 1, (5, 5, 40, 40)))
    unknown = at_work.begin(Album({}.get, (60, 90), "video", None, None))
    with pytest.raises(PromptError, match="no frame 4"):
        at_work.hear(unknown, Prompt(4, 1, (5, 5, 40, 40)))
