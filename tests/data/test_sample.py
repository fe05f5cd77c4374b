from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from labelled import SIZE, decoded
from segmem.data.sample import ClipPlan, Source, frame_order, generator, one_object, sample_batch
from segmem.ops.augment import AugmentSettings
from segmem.ops.fit import FitSettings
from segmem.ops.geometric import GeometricSettings
from segmem.ops.photometric import PhotometricSettings

STILL = AugmentSettings(
    geometric=GeometricSettings(flip=0, degrees=0, scale=(1, 1), translate=0, shear=0),
    photometric=PhotometricSettings(
        brightness=0, contrast=0, gamma=0, saturation=0, hue=0, channel=0, noise=0, blur=0, blocks=0
    ),
)


def plan(augment=AugmentSettings(), length=3, batch=2, stride=1):  # noqa: B008  frozen
    return ClipPlan(batch, length, stride, (64, 64), augment, FitSettings(longest=64))


def test_a_batch_depends_on_nothing_but_its_place():
    sources = [Source([decoded("a"), decoded("b", 9)], 1.0), Source([decoded("c", 1)], 0.5)]
    one = sample_batch(sources, plan(), seed=3, stage="clips", step=5)
    torch.manual_seed(99)
    sample_batch(sources, plan(), seed=3, stage="clips", step=6)
    same = sample_batch(sources, plan(), seed=3, stage="clips", step=5)
    for name in ("frames", "labels", "labelled", "corrupted"):
        assert torch.equal(getattr(one, name), getattr(same, name))


@pytest.mark.parametrize("place", [{"seed": 4}, {"stage": "base"}, {"step": 6}, {"rank": 1}])
def test_another_place_draws_another_batch(place):
    sources, where = [Source([decoded("a"), decoded("b", 9)])], {"seed": 3, "stage": "clips", "step": 5}
    assert not torch.equal(
        sample_batch(sources, plan(), **where).frames, sample_batch(sources, plan(), **(where | place)).frames
    )


def test_unchanged_clips_hold_the_frames_and_labels_of_one_case():
    batch = sample_batch([Source([decoded("a")])], plan(STILL), 0, "clips", 0)
    inside = batch.frames[..., : SIZE[0], : SIZE[1]]
    number = inside[:, :, 0, 0, 0].int() // 20
    assert torch.equal(inside, (20 * number).to(torch.uint8)[..., None, None, None].expand_as(inside))
    assert number.diff(dim=1).abs().unique().tolist() == [1]
    assert batch.labels[0, 0, 24, 32] == 1
    assert int(batch.labels[..., SIZE[0] :, :].max()) == 0


def test_frames_without_a_label_are_in_the_clip_but_not_labelled():
    batch = sample_batch(
        [Source([decoded("a", 9, labelled=[4])])], plan(STILL, length=4, batch=8), 0, "clips", 0
    )
    assert bool(batch.labelled[:, -1].all())
    assert torch.equal(batch.labelled, batch.frames[:, :, 0, 0, 0] == 80)
    assert not bool(batch.labelled[:, :-1].all())


def test_a_still_image_becomes_a_clip_that_moves():
    clip = sample_batch([Source([decoded("a", 1)])], plan(STILL, batch=1), 0, "clips", 0)
    assert not torch.equal(clip.labels[0, 0], clip.labels[0, 2])
    still = sample_batch([Source([decoded("a", 1)])], plan(STILL, batch=1, length=1), 0, "base", 0)
    assert int(still.labels.sum()) == int(decoded("a", 1).labels.sum())


def test_sources_are_drawn_by_their_weights():
    rare = decoded("rare", 1)
    rare.labels[...] *= 2
    sources = [Source([decoded("usual", 1)], 9.0), Source([rare], 1.0)]
    batch = sample_batch(sources, plan(STILL, length=1, batch=200), 0, "base", 0)
    share = float((batch.labels.amax(dim=(1, 2, 3)) == 2).float().mean())
    assert 0.04 < share < 0.18


@given(st.integers(1, 30), st.integers(1, 8), st.integers(1, 5), st.integers(0, 10_000), st.data())
def test_a_clip_stays_in_its_case_and_ends_on_a_label(length, frames, stride, seed, data):
    known = np.zeros(length, np.bool_)
    known[data.draw(st.integers(0, length - 1))] = True
    order = frame_order(known, frames, stride, generator(seed, "s", 0, 0))
    assert order.shape == (frames,)
    assert known[order[-1]]
    assert order.min() >= 0
    assert order.max() < length
    assert np.abs(np.diff(order)).max(initial=0) <= 2 * stride - 1


def test_time_runs_both_ways():
    ends = [frame_order(np.ones(100, np.bool_), 2, 3, generator(s, "s", 0, 0)) for s in range(60)]
    steps = {int(order[1] - order[0]) for order in ends}
    assert steps == {-5, -4, -3, -2, -1, 1, 2, 3, 4, 5}


def test_clips_of_encoded_cases_hold_features_in_place_of_frames():
    case = decoded("a", 6, labelled=[0, 1, 4])
    number = torch.arange(6, dtype=torch.bfloat16)[:, None, None, None].expand(6, 2, 4, 4).contiguous()
    case = replace(case, features=number.view(torch.uint16).numpy())
    batch = sample_batch([Source([case])], plan(length=4, batch=16), 0, "memory", 0)
    assert batch.frames.shape == (16, 4, 2, 4, 4)
    assert batch.frames.dtype == torch.bfloat16
    assert batch.labels.shape == (16, 4, 64, 64)
    index = batch.frames[:, :, 0, 0, 0].long()
    assert torch.equal(batch.labelled, torch.from_numpy(case.labelled.copy())[index])
    assert torch.equal(batch.labels.flatten(2).any(dim=2), batch.labelled)
    assert bool(batch.labelled[:, -1].all())
    assert not batch.corrupted.any()


def test_one_object_of_the_first_frame_is_shown_each_as_often():
    labels = torch.zeros(2, 8, 8, dtype=torch.uint8)
    labels[0, :4], labels[0, 4:6], labels[1] = 2, 5, 7
    shown = [one_object(labels, "foreground", torch.Generator().manual_seed(seed)) for seed in range(40)]
    areas = [int(found[0].sum()) for found in shown]
    assert set(areas) == {32, 16}
    assert all(set(found.unique().tolist()) <= {0, 1} for found in shown)
    assert int(one_object(labels.flip(0), "foreground", torch.Generator())[0].sum()) == 64
    assert not one_object(labels * 0, "foreground", torch.Generator()).any()


def test_any_object_may_be_the_background():
    labels = torch.zeros(2, 8, 8, dtype=torch.uint8)
    labels[0, :2] = 3
    drawn = [one_object(labels, "any", torch.Generator().manual_seed(seed))[0] for seed in range(40)]
    inverted = sum(int(shown.sum()) == 48 for shown in drawn)
    assert 10 < inverted < 30
    assert not one_object(labels * 0, "any", torch.Generator()).any()


def test_where_features_are_still_to_be_finished_a_clip_comes_with_its_unbroken_run():
    number = torch.arange(9, dtype=torch.bfloat16)[:, None, None, None].expand(9, 2, 4, 4).contiguous()
    case = replace(decoded("a", 9), features=number.view(torch.uint16).numpy())
    whole = sample_batch([Source([case])], plan(length=3, batch=16), 0, "clips", 0)
    batch = sample_batch([Source([case])], replace(plan(length=3, batch=16), around=(2, 1)), 0, "clips", 0)
    for run, places, frames in zip(batch.frames.entered, batch.frames.places, whole.frames, strict=True):
        assert torch.equal(run[places], frames), "the same frames as of whole features"
        there, seen = run[:, 0, 0, 0].tolist(), frames[:, 0, 0, 0].tolist()
        assert there == list(range(int(there[0]), int(there[-1]) + 1))
        assert (there[0], there[-1]) == (max(0, min(seen) - 2), min(8, max(seen) + 1))
