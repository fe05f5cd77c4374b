import nibabel as nib
import numpy as np
import pytest

from datasets import OBLIQUE, SHAPE, save, voxels
from segmem.core import Geometry
from segmem.core.errors import GeometryError
from segmem.io.scan_copy import copy_nifti, is_nifti, write_scan
from segmem.io.volume import read_volume

PLACE = (
    "srow_x",
    "srow_y",
    "srow_z",
    "sform_code",
    "qform_code",
    "quatern_b",
    "qoffset_x",
    "xyzt_units",
    "scl_slope",
)


@pytest.mark.parametrize("kind", [nib.Nifti1Image, nib.Nifti2Image])
def test_numbers_scaling_and_place_keep_their_bits_and_words_stay_behind(tmp_path, kind):
    image = kind(voxels(), OBLIQUE)
    image.set_qform(np.diag([1.0, 1.0, 3.0, 1.0]), code=1)
    image.header["descrip"] = b"Name^Patient"
    image.header["scl_slope"], image.header["scl_inter"] = 0.25, -3
    nib.save(image, tmp_path / "a.nii")
    copy_nifti(tmp_path / "a.nii", tmp_path / "b.nii.gz")
    old, new = nib.load(tmp_path / "a.nii"), nib.load(tmp_path / "b.nii.gz")
    assert np.array_equal(old.dataobj.get_unscaled(), new.dataobj.get_unscaled())
    assert new.get_data_dtype() == old.get_data_dtype()
    assert all(np.array_equal(old.header[field], new.header[field], equal_nan=True) for field in PLACE)
    assert np.array_equal(old.affine, new.affine)
    assert bytes(new.header["descrip"]).strip(b"\0") == b""


def test_one_channel_of_four_axes_is_written_alone(tmp_path):
    both = voxels(0, (*SHAPE, 2))
    copy_nifti(save(tmp_path / "four.nii.gz", both), tmp_path / "b.nii.gz", channel=1, channels=2)
    assert np.array_equal(np.asarray(nib.load(tmp_path / "b.nii.gz").dataobj), both[..., 1])


@pytest.mark.parametrize(("factor", "kind"), [(1.0, np.int16), (0.5, np.float32)])
def test_frames_of_any_format_come_back_where_they_were(tmp_path, factor, kind):
    clip = read_volume(save(tmp_path / "a.nii.gz", voxels()))
    write_scan(tmp_path / "b.nii.gz", clip.frames[:, 0] * factor + (0.25 if factor < 1 else 0), clip.geometry)
    again = read_volume(tmp_path / "b.nii.gz")
    assert (again.frames == clip.frames * factor + (0.25 if factor < 1 else 0)).all()
    assert again.geometry.affine == clip.geometry.affine  # NIfTI's own, so single precision loses nothing
    assert nib.load(tmp_path / "b.nii.gz").get_data_dtype() == kind


def test_what_is_no_scan_is_refused(tmp_path):
    with pytest.raises(GeometryError, match="has no affine"):
        write_scan(
            tmp_path / "b.nii.gz",
            read_volume(save(tmp_path / "a.nii", voxels())).frames,
            Geometry("image", (2, 2)),
        )


def test_nifti_is_known_by_its_name(tmp_path):
    assert is_nifti(tmp_path / "a.NII.gz")
    assert not is_nifti(tmp_path / "a.nrrd")
