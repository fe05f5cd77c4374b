import pytest

from footage import pictures
from nano import nano_sam2
from segmem.core import Prompt
from segmem.core.errors import UsageError
from segmem.predict.album import album
from segmem.predict.compute import Compute
from segmem.predict.tracker import Tracker

BOX, OTHER = Prompt(0, 1, (5, 5, 40, 40)), Prompt(0, 2, points=((70, 30, 1),))


@pytest.fixture(scope="module")
def at_work():
    return Tracker(nano_sam2(), Compute.choose("cpu", "float32"))


@pytest.fixture
def clip(at_work):
    """Two objects prompted on the first of four frames; no walk has taken that up."""
    clip = at_work.begin(album(pictures(4)))
    for said in (BOX, OTHER):
        at_work.hear(clip, said)
    return clip


def test_what_was_said_last_is_what_is_known(at_work, clip):
    assert clip.pin(0, 1).said == BOX
    clip.settle()
    assert clip.pin(0, 1).said == BOX
    again = Prompt(0, 1, points=((20, 20, 1),))
    at_work.hear(clip, again)
    assert clip.pin(0, 1).said == again
    assert clip.settled[0, 1].said == BOX
    assert clip.pin(1, 1) is None


def test_the_edition_rises_with_what_walks_see(clip):
    clip.clear(0, 2)
    assert clip.edition == 0, "no walk has seen it"
    clip.objects.remove(2)
    clip.settle()
    assert (clip.edition, clip.fresh) == (1, {})
    clip.settle()
    assert clip.edition == 1
    clip.clear(0, 1)
    assert clip.edition == 2


def test_objects_without_prompts_are_told(clip):
    clip.settle()
    clip.clear(0, 2)
    with pytest.raises(UsageError, match="Object 2 has no prompt"):
        clip.settle()
    clip.remove(2)
    clip.settle()
    clip.reset()
    with pytest.raises(UsageError, match="No object"):
        clip.settle()


def test_a_removed_object_leaves_nothing_behind(at_work, clip):
    clip.settle()
    list(at_work.walk(clip, 0, 1))
    clip.remove(1)
    assert clip.objects == [2]
    assert [one for _, one in clip.settled] == [2]
    assert {state.objects for walk in clip.trail.walks for state in walk.kept} == {(2,)}
    clip.remove(2)
    assert not clip.trail.walks


def test_a_frame_that_is_cleared_no_longer_counts_as_tracked(at_work, clip):
    clip.settle()
    list(at_work.walk(clip, 0, 1))
    clip.clear(0, 1)
    assert clip.trail.covering(0, 1) is None
    assert clip.trail.covering(0, 2) is not None
    assert clip.trail.covering(1, 1) is not None
