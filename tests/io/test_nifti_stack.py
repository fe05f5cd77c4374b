import nibabel as nib
import numpy as np
import pytest

from footage import write_scan
from scans import ball_clip
from segmem.io.nifti_stack import write_stack
from segmem.io.volume import read_volume


def test_each_class_lies_on_the_scan_s_grid_as_shares(tmp_path):
    affine = np.array([[0.0, -1.5, 0.1, 3], [1.2, 0, 0, -7], [0, 0.2, -4.0, 11], [0, 0, 0, 1]])
    path = write_scan(tmp_path / "s.nii.gz", (5, 6, 4), affine)
    clip = read_volume(path)
    values = np.arange(4 * 6 * 5 * 2, dtype=np.uint8).reshape(2, clip.length, *clip.geometry.size)
    write_stack(tmp_path / "p.nii.gz", iter(values), 2, clip.geometry)
    found = nib.load(tmp_path / "p.nii.gz")
    assert found.shape == (5, 6, 4, 2)
    assert found.affine.tobytes() == nib.load(path).affine.tobytes()
    shares = found.get_fdata()
    assert shares.max() <= 1
    one = tmp_path / "one.nii.gz"
    nib.save(nib.Nifti1Image((shares[..., 1] * 255).round().astype(np.uint8), affine), one)
    assert np.array_equal(read_volume(one).frames[:, 0].numpy(), values[1])


def test_a_scan_of_another_format_gets_its_affine(tmp_path):
    clip = ball_clip(shape=(4, 5, 3), steps=(1.0, 1.5, 2.0))
    write_stack(tmp_path / "p.nii.gz", np.full((1, 3, 5, 4), 255, np.uint8), 1, clip.geometry)
    found = nib.load(tmp_path / "p.nii.gz")
    assert found.header.get_zooms() == pytest.approx((1.0, 1.5, 2.0, 1.0))
    assert found.get_fdata().min() == pytest.approx(1.0)
