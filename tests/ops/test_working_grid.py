import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from scans import ball_clip, blob_labels
from segmem.core import Clip, Geometry, Prediction
from segmem.core.errors import GeometryError
from segmem.io.orientation import world_axes
from segmem.ops.volume_settings import VolumeSettings
from segmem.ops.working_grid import OWN, plan_grid, slice_order

MM = st.one_of(st.none(), st.floats(0.7, 4.0))
PLANES = st.sampled_from(["own", "axial", "coronal", "sagittal", "thickest"])


def spoken(labels: torch.Tensor, classes: int = 3) -> list[Prediction]:
    """Predictions that say exactly these labels (T, H, W)."""
    shown = F.one_hot(labels.long(), classes).permute(0, 3, 1, 2).float() * 8
    return [Prediction(one[None], torch.ones(1)) for one in shown]


def there_and_back(clip: Clip, labels: torch.Tensor, how: VolumeSettings) -> torch.Tensor:
    grid = plan_grid(clip.frames, clip.geometry, how)
    said = spoken(grid.labels(labels))
    return grid.whole([p.labels[0] for p in grid.back(said)])


@settings(max_examples=30, deadline=None)
@given(
    shape=st.tuples(*[st.integers(20, 40)] * 3),
    steps=st.tuples(*[st.floats(0.6, 3.0)] * 3),
    plane=PLANES,
    slice_mm=MM,
    in_plane_mm=MM,
)
def test_a_smooth_label_map_comes_back_with_little_lost(shape, steps, plane, slice_mm, in_plane_mm):
    clip = ball_clip(shape, steps)
    labels = blob_labels(clip.geometry, clip.length)
    finest = [
        n * s / 18 for n, s in zip(shape, steps, strict=True)
    ]  # eighteen voxels must be left to draw with, of which half an ellipsoid has six
    slice_mm, in_plane_mm = (None if mm is None else min(mm, *finest) for mm in (slice_mm, in_plane_mm))
    back = there_and_back(
        clip, labels, VolumeSettings(slices=plane, slice_mm=slice_mm, in_plane_mm=in_plane_mm)
    )
    assert back.shape == labels.shape
    for value in (1, 2):
        one, other = back == value, labels == value
        assert 2 * (one & other).sum() / (one.sum() + other.sum()) > 0.85


@settings(max_examples=40, deadline=None)
@given(
    shape=st.tuples(*[st.integers(1, 9)] * 3),
    steps=st.tuples(*[st.floats(0.3, 12.0)] * 3),
    plane=PLANES,
    slice_mm=MM,
    in_plane_mm=MM,
    crop=st.sampled_from(["none", "otsu", "percentile"]),
)
def test_any_scan_comes_back_at_its_own_shape(shape, steps, plane, slice_mm, in_plane_mm, crop):
    clip = ball_clip(shape, steps)
    how = VolumeSettings(
        slices=plane, slice_mm=slice_mm, in_plane_mm=in_plane_mm, crop=crop, crop_margin_mm=1
    )
    grid = plan_grid(clip.frames, clip.geometry, how)
    assert grid.image(clip.frames).shape == (grid.size[0], 1, *grid.size[1:])
    back = list(grid.back(spoken(torch.ones(grid.size, dtype=torch.uint8))))
    assert len(back) == grid.turned[0]
    whole = grid.whole([p.labels[0] for p in back])
    assert tuple(whole.shape) == (clip.length, *clip.geometry.size)
    assert int(whole.sum()) == int(np.prod(grid.turned))


def test_the_default_gives_the_very_same_frames():
    clip = ball_clip()
    grid = plan_grid(clip.frames, clip.geometry, OWN)
    assert grid.is_own
    assert grid.image(clip.frames) is clip.frames
    assert grid.clip(clip) is clip


def test_a_turned_stack_comes_back_to_the_bit():
    clip = ball_clip(shape=(5, 6, 7))
    labels = torch.randint(0, 3, (7, 6, 5), dtype=torch.uint8)
    for plane in ("coronal", "sagittal", "axial"):
        assert torch.equal(there_and_back(clip, labels, VolumeSettings(slices=plane)), labels)


def test_coronal_slices_run_from_back_to_front_with_the_head_above_in_rising_rows():
    clip = ball_clip(shape=(5, 6, 7))  # R, A, S
    clip = Clip("c", torch.arange(7 * 6 * 5).reshape(7, 1, 6, 5).float(), clip.geometry)
    turned = plan_grid(clip.frames, clip.geometry, VolumeSettings(slices="coronal")).image(clip.frames)
    assert torch.equal(turned[2, 0], clip.frames[:, 0, 2, :])  # rows along S, columns along R


def test_ten_to_one_voxels_become_even():
    clip = ball_clip(shape=(40, 40, 6), steps=(1.0, 1.0, 10.0))
    grid = plan_grid(clip.frames, clip.geometry, VolumeSettings(slice_mm=2, in_plane_mm=2))
    assert grid.size == (30, 20, 20)
    assert grid.spacing_mm == (2, 2, 2)


def test_one_slice_stays_one_slice():
    clip = ball_clip(shape=(40, 40, 1), steps=(1.0, 1.0, 10.0))
    grid = plan_grid(clip.frames, clip.geometry, VolumeSettings(slice_mm=1, in_plane_mm=2))
    assert grid.size == (1, 20, 20)
    assert tuple(grid.image(clip.frames).shape) == (1, 1, 20, 20)


def test_what_lies_outside_the_box_is_background():
    clip = ball_clip(shape=(40, 40, 20))
    how = VolumeSettings(crop="otsu", crop_margin_mm=2)
    grid = plan_grid(clip.frames, clip.geometry, how)
    assert grid.turned != grid.shape
    whole = grid.whole([torch.ones(grid.turned[1:], dtype=torch.uint8)] * grid.turned[0])
    bright = clip.frames[:, 0] > 500
    assert bool(whole[bright].all())
    assert int(whole[0].sum()) == 0


def test_an_empty_scan_is_not_cut_to_nothing():
    clip = ball_clip(level=100.0)
    for crop in ("otsu", "percentile"):
        grid = plan_grid(clip.frames, clip.geometry, VolumeSettings(crop=crop))
        assert grid.is_own


def test_frames_without_a_place_are_refused_where_millimetres_are_asked_for():
    frames = torch.zeros(3, 1, 8, 8)
    with pytest.raises(GeometryError, match="does not say where its voxels lie"):
        plan_grid(frames, Geometry("volume", (8, 8)), VolumeSettings(in_plane_mm=1))


def test_the_largest_step_is_the_thickest_and_axial_where_all_are_equal():
    clip = ball_clip(steps=(1.0, 1.2, 1.0))
    world, spacing = world_axes(clip.geometry), clip.geometry.spacing_mm
    assert world == (2, 1, 0)
    assert slice_order(world, spacing, "thickest") == (1, 0, 2)
    assert slice_order(world, (1.0, 1.0, 1.0), "thickest") == (0, 1, 2)
