"""A scan's organs with one command and no prompt, by a model in two stages."""

import nibabel as nib
import numpy as np
import pytest

from footage import write_scan
from nano import nano_lapg
from segmem.methods.load import save
from segmem.ops.intensity import IntensitySettings


@pytest.fixture
def run(tmp_path):
    """A run folder, as training leaves it."""
    folder = tmp_path / "run"
    folder.mkdir()
    save(nano_lapg(intensity=IntensitySettings(kind="percentile")), folder / "model.safetensors")
    return folder


@pytest.mark.parametrize(("shape", "slice_mm"), [((30, 24, 7), 3.0), ((30, 24, 1), 3.0), ((30, 24, 4), 10.0)])
def test_a_scan_gets_its_label_map_on_its_own_grid(segmem, run, tmp_path, shape, slice_mm):
    affine = np.array([[-1, 0.1, 0, 12.5], [0.1, 1, 0, -3], [0, 0, slice_mm, 7], [0, 0, 0, 1]])
    write_scan(tmp_path / "scan.nii.gz", shape, affine)
    ran = segmem("predict", "-i", "scan.nii.gz", "-o", "organs.nii.gz", "-m", run)
    assert ran.code == 0, ran.err
    scan, organs = nib.load(tmp_path / "scan.nii.gz"), nib.load(tmp_path / "organs.nii.gz")
    assert organs.shape == shape
    assert np.array_equal(organs.affine, scan.affine)
    assert set(np.unique(np.asarray(organs.dataobj))) <= {0, 1, 2}


def test_an_empty_scan_is_answered(segmem, run, tmp_path):
    nib.save(nib.Nifti1Image(np.zeros((20, 24, 5), np.int16), np.eye(4)), tmp_path / "empty.nii.gz")
    ran = segmem("predict", "-i", "empty.nii.gz", "-o", "organs.nii.gz", "-m", run)
    assert ran.code == 0, ran.err
    assert nib.load(tmp_path / "organs.nii.gz").shape == (20, 24, 5)


def test_a_scan_of_four_axes_is_refused(segmem, run, tmp_path):
    nib.save(nib.Nifti1Image(np.zeros((10, 12, 5, 3), np.int16), np.eye(4)), tmp_path / "film.nii.gz")
    ran = segmem("predict", "-i", "film.nii.gz", "-o", "organs.nii.gz", "-m", run)
    assert ran.failed_cleanly(3)
    assert "film.nii.gz" in ran.err


def test_a_prompt_is_refused(segmem, run, tmp_path):
    write_scan(tmp_path / "scan.nii.gz")
    ran = segmem("predict", "-i", "scan.nii.gz", "-o", "o.nii.gz", "-m", run, "--box", "1,1,9,9")
    assert ran.failed_cleanly(2)
    assert "takes no prompts" in ran.err
