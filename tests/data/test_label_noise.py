from dataclasses import replace

import numpy as np
import pytest

from labelled import decoded
from segmem.data.label_noise import dropped, eroded, shifted, with_noise

NAMES = [f"case {number}" for number in range(30)]


def many():
    return [decoded(name, 2) for name in NAMES]


def changed(cases) -> set[str]:
    return {
        case.name
        for case, old in zip(cases, many(), strict=True)
        if not np.array_equal(case.labels, old.labels)
    }


@pytest.mark.parametrize(("share", "expected"), [(0.0, 0), (0.2, 6), (0.4, 12), (1.0, 30)])
def test_the_share_that_was_asked_for_is_wrong_and_nothing_but_labels(share, expected):
    noisy = with_noise(many(), share, seed=0)
    assert len(changed(noisy)) == expected
    for case, old in zip(noisy, many(), strict=True):
        assert np.array_equal(case.frames, old.frames)
        assert case.labels.dtype == np.uint8
        assert case.labels.any(), "something is left to learn from"


def test_more_noise_is_wrong_about_the_same_cases_and_in_the_same_way():
    some, more = with_noise(many(), 0.2, 0), with_noise(many(), 0.4, 0)
    assert changed(some) < changed(more)
    for one, other in zip(some, more, strict=True):
        assert one.name not in changed(some) or np.array_equal(one.labels, other.labels)


def test_the_choice_depends_on_seed_and_name_alone():
    turned = with_noise(list(reversed(many())), 0.4, 3)
    assert changed(list(reversed(turned))) == changed(with_noise(many(), 0.4, 3))
    assert changed(with_noise(many(), 0.4, 3)) != changed(with_noise(many(), 0.4, 4))


def test_what_was_read_from_disk_stays_as_it_is():
    labels = decoded("a", 2).labels
    labels.flags.writeable = False
    with_noise([replace(decoded("a", 2), labels=labels)], 1.0, 0)


def disc() -> np.ndarray:
    """(2, 40, 40): a class on each frame, 1 then 2."""
    y, x = np.mgrid[:40, :40]
    inside = (y - 20) ** 2 + (x - 20) ** 2 < 100
    return np.stack([inside * 1, inside * 2]).astype(np.uint8)


def test_a_shifted_map_is_the_same_map_elsewhere():
    right = shifted(disc(), 0.0)
    assert np.array_equal(right[:, :, 7:], disc()[:, :, :-7]), "a third of 19 pixels"
    assert not right[:, :, :7].any()
    assert np.array_equal(shifted(disc(), np.pi / 2)[:, 7:], disc()[:, :-7])
    up = shifted(disc(), -np.pi / 2)
    assert np.array_equal(up[:, :-7], disc()[:, 7:])
    assert not up[:, -7:].any()


def test_what_leaves_the_image_does_not_come_back_on_the_other_side():
    edge = np.zeros((1, 40, 40), np.uint8)
    edge[:, :, 20:] = 1
    assert not shifted(edge, 0.0)[:, :, :20].any()


@pytest.mark.parametrize("change", [eroded, dropped])
def test_half_of_each_class_is_left_within_the_old_one(change):
    out, old = change(disc(), 0.3), disc()
    for frame, (before, after) in enumerate(zip(old, out, strict=True), start=1):
        assert set(np.unique(after)) == {0, frame}
        assert ((after > 0) <= (before > 0)).all()
        assert 0.45 < (after > 0).sum() / (before > 0).sum() < 0.56


def test_an_eroded_object_keeps_its_middle_and_a_dropped_one_a_side():
    worn = eroded(disc(), 0.0)[0]
    assert worn[20, 20] == 1
    assert not worn[20, 11:13].any()
    half = dropped(disc(), 0.0)[0]
    assert half[20, 28] == 1
    assert not half[:, :20].any()


@pytest.mark.parametrize("change", [shifted, eroded, dropped])
def test_a_frame_without_a_label_stays_so(change):
    assert not change(np.zeros((2, 8, 8), np.uint8), 1.0).any()
