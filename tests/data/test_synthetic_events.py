"""Events: when they come, and what they do to a picture."""

import itertools

import numpy as np
import pytest

from segmem.data.synthetic_events import ALL, USUAL, Event, Moment, apply, schedule


@pytest.fixture
def picture() -> np.ndarray:
    y, x = np.indices((64, 80))
    board = ((y // 4 + x // 4) % 2 * 0.6 + 0.2).astype(np.float32)
    return np.repeat(board[..., None], 3, axis=2)


def moment(event: Event, force: float = 1.0) -> Moment:
    return Moment(event, 0, 4, force, 7)


def test_the_first_two_frames_are_clean_and_moments_do_not_overlap() -> None:
    for seed in range(20):
        moments = schedule(np.random.default_rng(seed), 60, 0.3, USUAL)
        assert moments
        assert moments[0].start >= 2
        assert all(a.stop < b.start for a, b in itertools.pairwise(moments))
        assert all(m.start < m.stop <= 60 for m in moments)


def test_no_share_or_no_kind_is_no_event() -> None:
    assert schedule(np.random.default_rng(0), 60, 0, USUAL) == []
    assert schedule(np.random.default_rng(0), 60, 0.5, ()) == []


def test_all_usual_kinds_come_up() -> None:
    kinds = {m.event for s in range(10) for m in schedule(np.random.default_rng(s), 60, 0.4, USUAL)}

    assert kinds == set(USUAL)


@pytest.mark.parametrize("event", ALL)
def test_an_event_gives_a_picture_of_the_same_kind_and_leaves_its_own_alone(
    event: Event, picture: np.ndarray
) -> None:
    before = picture.copy()
    after = apply(picture, moment(event), 2)

    assert after.shape == picture.shape
    assert after.dtype == np.float32
    assert after.min() >= -0.01
    assert after.max() <= 1.2
    assert np.array_equal(picture, before)
    assert not np.allclose(after, picture)


def test_low_light_is_darker_with_more_force(picture: np.ndarray) -> None:
    weak, strong = (apply(picture, moment("low light", f), 0).mean() for f in (0.5, 1.0))

    assert strong < weak < 0.3 * picture.mean()


@pytest.mark.parametrize("event", ["motion blur", "defocus", "smoke"])
def test_blur_and_smoke_take_contrast_away(event: Event, picture: np.ndarray) -> None:
    assert apply(picture, moment(event), 1).std() < 0.7 * picture.std()


def test_a_blank_frame_shows_nothing(picture: np.ndarray) -> None:
    assert np.ptp(apply(picture, moment("blank"), 1)) == 0


def test_what_passes_covers_a_part_and_moves(picture: np.ndarray) -> None:
    covered = [np.abs(apply(picture, moment("occlusion"), t) - picture).max(axis=2) > 0.05 for t in range(4)]

    assert all(0.02 < c.mean() < 0.9 for c in covered[1:3])
    assert not np.array_equal(covered[0], covered[3])
