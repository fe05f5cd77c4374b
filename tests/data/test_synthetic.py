"""Clips drawn from a seed: what a network may rely on when it learns from them."""

import itertools

import numpy as np
import pytest
import torch

from segmem.core.errors import UsageError
from segmem.data.synthetic import CLASSES, SyntheticClip, make_clip
from segmem.data.synthetic_events import ALL


@pytest.fixture(scope="module")
def clips() -> list[SyntheticClip]:
    return [make_clip(seed, frames=24, size=(128, 160)) for seed in range(12)]


def test_the_same_seed_gives_the_same_bytes() -> None:
    one, two = make_clip(5, 10, (64, 80)), make_clip(5, 10, (64, 80))

    assert torch.equal(one.frames, two.frames)
    assert torch.equal(one.labels, two.labels)
    assert torch.equal(one.hard, two.hard)


def test_another_seed_gives_another_clip() -> None:
    assert not torch.equal(make_clip(5, 4, (64, 80)).frames, make_clip(6, 4, (64, 80)).frames)


def test_the_global_generators_are_left_alone() -> None:
    np.random.seed(0)
    expected = np.random.random()
    np.random.seed(0)

    make_clip(1, 3, (64, 80))

    assert np.random.random() == expected


def test_shapes_types_and_memory_are_those_of_decoded_video() -> None:
    clip = make_clip(0, 3, (61, 83))

    assert clip.frames.shape == (3, 3, 61, 83)
    assert clip.frames.dtype == torch.uint8
    assert clip.frames.permute(0, 2, 3, 1).is_contiguous()
    assert clip.labels.shape == (3, 61, 83)
    assert clip.labels.dtype == torch.uint8
    assert clip.hard.shape == (3,)
    assert clip.hard.dtype == torch.bool


def test_labels_are_the_three_classes_and_each_is_seen(clips: list[SyntheticClip]) -> None:
    seen = torch.cat([clip.labels.unique() for clip in clips]).unique()

    assert seen.tolist() == list(range(len(CLASSES)))


def test_instruments_take_a_plausible_share_of_the_picture(clips: list[SyntheticClip]) -> None:
    shaft = np.mean([float((clip.labels == 1).float().mean()) for clip in clips])
    tip = np.mean([float((clip.labels == 2).float().mean()) for clip in clips])

    assert 0.02 < shaft < 0.25
    assert 0.005 < tip < 0.08
    assert all(float((clip.labels > 0).float().mean()) < 0.7 for clip in clips)


def test_instruments_reach_the_border_by_their_shaft(clips: list[SyntheticClip]) -> None:
    reaching = 0
    for clip in clips:
        border = torch.cat(
            [clip.labels[:, 0], clip.labels[:, -1], clip.labels[:, :, 0], clip.labels[:, :, -1]], 1
        )
        reaching += int((border == 1).any())

    assert reaching >= len(clips) // 2  # the rest have black bars or corners there


def test_motion_is_smooth() -> None:
    """Frame to frame most of an instrument stays where it was."""
    kept = []
    for seed in range(8):
        labels = make_clip(seed, 30, (128, 160), instruments=1).labels > 0
        for before, after in itertools.pairwise(labels):
            if before.sum() > 400 and after.sum() > 400:
                kept.append(float((before & after).sum() / (before | after).sum()))

    assert np.mean(kept) > 0.85
    assert np.percentile(kept, 2) > 0.5


def test_instruments_move_and_the_camera_drifts() -> None:
    clip = make_clip(3, 30, (128, 160), hard_share=0)

    assert not torch.equal(clip.labels[0], clip.labels[-1])
    assert (clip.frames[0].int() - clip.frames[-1].int()).abs().float().mean() > 2


def test_hard_frames_exist_and_are_about_the_share_asked_for() -> None:
    share = np.mean([float(make_clip(seed, 60, (32, 40)).hard.float().mean()) for seed in range(10)])

    assert 0.12 < share < 0.4
    assert all(make_clip(seed, 8, (32, 40), hard_share=0.05).hard.any() for seed in range(10))


def test_without_events_no_frame_is_hard_and_the_scene_is_the_same() -> None:
    with_events, without = make_clip(2, 20, (64, 80)), make_clip(2, 20, (64, 80), hard_share=0)

    assert not without.hard.any()
    assert torch.equal(with_events.labels, without.labels)
    clean = ~with_events.hard
    assert torch.equal(with_events.frames[clean], without.frames[clean])
    assert not torch.equal(with_events.frames[with_events.hard], without.frames[with_events.hard])


def test_every_kind_of_event_can_be_asked_for_alone() -> None:
    plain = make_clip(4, 12, (64, 80), hard_share=0).frames
    for event in ALL:
        clip = make_clip(4, 12, (64, 80), hard_share=0.5, events=(event,))
        changed = (clip.frames.int() - plain.int()).abs().float().mean(dim=(1, 2, 3))
        assert (changed[clip.hard] > 0.5).all(), event


def test_instrument_pixels_differ_from_the_tissue_they_hide() -> None:
    """The same seed without tools shows what is behind; under the labels the picture must differ from it."""
    differences, untouched = [], []
    for seed in range(8):
        tool = make_clip(seed, 6, (128, 160), hard_share=0)
        bare = make_clip(seed, 6, (128, 160), hard_share=0, instruments=0)
        change = (tool.frames.int() - bare.frames.int()).abs().float().mean(dim=1)
        if (tool.labels > 0).sum() > 500:
            differences.append(float(change[tool.labels > 0].mean()))
            untouched.append(float(change[tool.labels == 0].mean()))

    assert np.mean(differences) > 30
    assert np.mean(untouched) < 6


def test_no_instrument_means_background_only() -> None:
    assert int(make_clip(1, 4, (64, 80), instruments=0).labels.max()) == 0


@pytest.mark.parametrize(
    "wrong", [{"frames": 0}, {"size": (8, 100)}, {"hard_share": 1.5}, {"instruments": 4}], ids=str
)
def test_an_argument_out_of_range_is_refused_by_name(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=f"{next(iter(wrong))}="):
        make_clip(0, **wrong)  # type: ignore[arg-type]
