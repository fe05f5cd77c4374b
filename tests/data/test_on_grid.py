import numpy as np
import pytest
import torch

from labelled import write_scans
from segmem.core.errors import InputError
from segmem.data.cache import Cache
from segmem.data.cases import LabelledCase
from segmem.data.layouts import find_labelled
from segmem.data.on_grid import on_grid
from segmem.data.store import Store
from segmem.io.volume import read_volume
from segmem.ops.fit import FitSettings
from segmem.ops.intensity import IntensitySettings
from segmem.ops.volume_settings import VolumeSettings
from segmem.ops.working_grid import plan_grid


def _as_it_is(label: torch.Tensor, where: str) -> torch.Tensor:
    return label


FINE = VolumeSettings(slices="coronal", slice_mm=0.5, in_plane_mm=1.5)


def test_training_frames_are_what_a_model_sees_when_it_predicts(tmp_path):
    root = write_scans(tmp_path / "data", ["s"])
    (case,) = find_labelled(root)
    cache = Cache(
        Store(tmp_path / "cache"),
        FitSettings(longest=None),
        IntensitySettings(kind="percentile"),
        ("background", "a", "b"),
        FINE,
    )
    held = cache.open(case)
    clip = read_volume(root / "images" / "s.nii.gz")
    seen = plan_grid(clip.frames, clip.geometry, FINE).image(clip.frames)
    assert held.frames.shape == tuple(seen.shape) == (48, 1, 10, 13)
    low, high = np.percentile(seen.numpy(), (0.5, 99.5), method="nearest")
    wanted = (seen.clamp(float(low), float(high)) - float(low)) / float(high - low) * 255
    assert np.abs(held.frames.astype(float) - wanted.numpy()).max() <= 0.51
    assert set(np.unique(held.labels)) == {0, 2}
    assert held.labelled.all()


def test_another_grid_is_another_entry_of_the_cache(tmp_path):
    (case,) = find_labelled(write_scans(tmp_path / "data", ["s"]))
    shapes = []
    for how in (VolumeSettings(), FINE):
        cache = Cache(
            Store(tmp_path / "cache"), FitSettings(longest=None), IntensitySettings(), ("0", "1", "2"), how
        )
        shapes.append(cache.open(case).frames.shape)
    assert shapes == [(5, 1, 24, 20), (48, 1, 10, 13)]


def test_a_case_that_does_not_say_its_place_is_refused(tmp_path):
    case = LabelledCase("c", "c", "volume", lambda: iter([]))
    moved = on_grid(case, FINE, _as_it_is)
    with pytest.raises(InputError, match="does not say where voxels lie"):
        list(moved.read())


def test_slices_that_nobody_labelled_are_not_mixed_with_others(tmp_path):
    (case,) = find_labelled(write_scans(tmp_path / "data", ["s"]))
    pairs = [(frame, label if index else None) for index, (frame, label) in enumerate(case.read())]
    partly = LabelledCase("c", "c", "volume", lambda: iter(pairs), geometry=case.geometry)
    with pytest.raises(InputError, match="4 of 5 slices are labelled"):
        list(on_grid(partly, FINE, _as_it_is).read())
    flat = VolumeSettings(in_plane_mm=2)
    kept = list(on_grid(partly, flat, _as_it_is).read())
    assert [label is None for _, label in kept] == [True, False, False, False, False]
    assert torch.is_tensor(kept[1][1])
