import nibabel as nib
import numpy as np
import pytest
import torch

from scans import ball_clip
from segmem.core import Prediction
from segmem.ops.volume_settings import VolumeSettings
from segmem.ops.working_grid import plan_grid
from segmem.predict.probabilities import ProbabilityStack


def said(rows: int, columns: int, logit: float) -> Prediction:
    logits = torch.zeros(1, 2, rows, columns)
    logits[:, 1] = logit
    return Prediction(logits, torch.ones(1))


def test_slices_of_any_plane_come_back_to_the_scan_s_axes_and_the_rest_is_background(tmp_path):
    clip = ball_clip(shape=(20, 22, 16), steps=(1.0, 1.0, 1.0))
    how = VolumeSettings(slices="sagittal", crop="otsu", crop_margin_mm=1)
    grid = plan_grid(clip.frames, clip.geometry, how)
    stack = ProbabilityStack(tmp_path, grid)
    for index in range(grid.turned[0]):
        stack.add(index, said(*grid.turned[1:], logit=5.0 if index == 2 else -5.0))
    stack.write(tmp_path / "p.nii.gz", clip.geometry)
    shares = nib.load(tmp_path / "p.nii.gz").get_fdata()  # file axes R, A, S
    assert np.allclose(shares.sum(axis=-1), 1, atol=0.01)
    first = grid.box[2][0]
    inside = shares[..., 1] > 0.5
    assert np.flatnonzero(inside.any(axis=(1, 2))).tolist() == [first + 2]
    assert inside.sum() == np.prod(grid.turned[1:])
    assert np.allclose(shares[0, 0, 0], [1, 0])


def test_nothing_is_left_in_the_folder(tmp_path):
    clip = ball_clip()
    stack = ProbabilityStack(tmp_path, plan_grid(clip.frames, clip.geometry, VolumeSettings()))
    stack.add(0, said(*clip.geometry.size, logit=1.0))
    assert list(tmp_path.iterdir()) == []


def test_a_stack_of_nothing_is_not_written(tmp_path):
    clip = ball_clip()
    stack = ProbabilityStack(tmp_path, plan_grid(clip.frames, clip.geometry, VolumeSettings()))
    with pytest.raises(ValueError, match="no slice"):
        stack.write(tmp_path / "p.nii.gz", clip.geometry)
