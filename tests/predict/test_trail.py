import pytest

from nano import nano_sam2
from segmem.predict.trail import END, STATES, WALKS, Trail, Walk, time_of, turned
from segmem.state import State
from walks import BOTH, BOX, held, walked


def gone(step, first, frames, objects=(1,), trail=None):
    """A walk over some frames, on a trail."""
    trail = trail or Trail()
    walk = Walk.begin(step, 0, State(time_of(first, step), objects=objects))
    trail.begin(walk)
    for far in range(frames):
        time = walk.kept[0].frame + far
        trail.note(walk, State(time, objects=objects))
        walk.came_to(time + 1, walk.time(time))
    return trail, walk


@pytest.mark.parametrize("step", [1, -1])
def test_a_walk_covers_the_frames_it_came_to(step):
    _, walk = gone(step, 20, 5)
    frames = range(20, 20 + 5 * step, step)
    assert all(walk.covers(frame, 1) for frame in frames)
    assert not any(walk.covers(frame) for frame in (20 - step, 20 + 5 * step))
    assert not walk.covers(20, 2)
    assert walk.reaches(20 + 5 * step)
    assert not walk.reaches(20 + 6 * step)


def test_time_is_its_own_inverse_and_turns_with_a_state():
    assert time_of(time_of(7, -1), -1) == 7
    _, state = walked(nano_sam2(), BOX, 4)
    back = turned(state)
    assert back.frame == END - 4
    assert held(back.memory) == {True: [END], False: [END - 3, END - 2, END - 1]}
    assert held(turned(back).memory) == held(state.memory)


def test_states_are_few_and_spread_however_long_the_walk():
    _, walk = gone(1, 0, 5000)
    assert len(walk.kept) <= STATES + 1
    times = [state.frame for state in walk.kept]
    assert times == list(range(0, 5000, walk.spacing))[: len(times)]
    assert 5000 - times[-1] <= 2 * walk.spacing
    assert walk.before(times[3] + 1).frame == times[3]


def test_many_walks_share_the_states():
    trail = Trail()
    for start in range(0, 4000, 100):
        gone(1, start, 80, trail=trail)
    assert len(trail.walks) == WALKS
    assert sum(len(walk.kept) - 1 for walk in trail.walks) <= STATES


def test_the_newest_walk_is_asked_and_hidden_ones_are_forgotten():
    trail, old = gone(1, 0, 10)
    _, newer = gone(1, 4, 3, trail=trail)
    assert [trail.covering(frame) for frame in (2, 5, 8)] == [old, newer, old]
    _, newest = gone(-1, 12, 13, trail=trail)
    _, last = gone(1, 0, 1, trail=trail)
    assert trail.walks == [newest, last]


def test_a_walk_that_tracked_another_object_is_kept():
    trail, old = gone(1, 0, 5, objects=(1, 2))
    gone(1, 0, 9, objects=(1,), trail=trail)
    gone(1, 0, 1, trail=trail)
    assert trail.covering(3, 2) is old


def test_what_is_taken_back_is_not_tracked_until_it_is_again():
    trail, walk = gone(1, 0, 5)
    trail.unsay((3, 1))
    assert trail.covering(3, 1) is None
    assert trail.covering(3) is walk
    walk.came_to(4, 3)
    assert trail.covering(3, 1) is walk


def test_an_object_is_forgotten_in_every_state():
    trail = Trail()
    _, state = walked(nano_sam2(), BOTH, 3)
    trail.begin(Walk.begin(1, 0, state))
    trail.without(4)
    assert trail.walks[0].kept[0].objects == (2,)
    assert len(trail.walks[0].kept[0].memory.frame) == 1
    trail.without(2)
    assert trail.walks == []
