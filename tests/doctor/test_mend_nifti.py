import nibabel as nib
import numpy as np
import pytest

from segmem.doctor import mend_nifti
from segmem.doctor.scan import examine
from sick import STRAIGHT, codes, labels, nifti, voxels

ZEROS = {"srow_x": [0, 0, 0, 0], "srow_y": [0, 0, 0, 0], "srow_z": [0, 0, 0, 0]}


@pytest.mark.parametrize("name", ["a.nii.gz", "a.nii"])
def test_a_singular_sform_becomes_the_qform_and_the_voxels_stay(tmp_path, name):
    path = nifti(tmp_path / name, qform=1, **ZEROS)
    assert codes(examine(path, name).findings) == {"nifti-sform-singular"}
    mend_nifti.mend(path, tmp_path / f"b{name}", {"nifti-sform-singular"}, tmp_path)
    assert examine(tmp_path / f"b{name}", name).findings == []
    image = nib.load(tmp_path / f"b{name}")
    assert np.allclose(image.affine, STRAIGHT)
    assert np.array_equal(np.asarray(image.dataobj), voxels())


def test_texts_and_extensions_are_blank_and_nothing_else_changes(tmp_path):
    image = nib.Nifti1Image(voxels(), STRAIGHT)
    image.header["descrip"] = b"DOE^JANE"
    image.header.extensions.append(nib.nifti1.Nifti1Extension("comment", b"patient Jane Doe"))
    nib.save(image, tmp_path / "a.nii.gz")
    mend_nifti.mend(tmp_path / "a.nii.gz", tmp_path / "b.nii.gz", {"scan-names-patient"}, tmp_path)
    assert examine(tmp_path / "b.nii.gz", "b").findings == []
    mended = nib.load(tmp_path / "b.nii.gz")
    assert np.array_equal(np.asarray(mended.dataobj), voxels())
    assert np.array_equal(mended.affine, nib.load(tmp_path / "a.nii.gz").affine)
    (tmp_path / "b.nii.gz").rename(tmp_path / "c.nii.gz")
    assert b"JANE" not in mend_nifti._bytes(tmp_path / "c.nii.gz").upper()


def test_whole_floats_become_bytes_and_255_becomes_1(tmp_path):
    path = nifti(tmp_path / "labels" / "a.nii.gz", labels(2).astype(np.float32))
    assert "uint8" in mend_nifti.mend(path, tmp_path / "b.nii.gz", {"label-floats"}, tmp_path)[0]
    image = nib.load(tmp_path / "b.nii.gz")
    assert image.get_data_dtype() == np.uint8
    assert np.array_equal(np.asarray(image.dataobj), labels(2))
    path = nifti(tmp_path / "labels" / "c.nii.gz", labels(255))
    assert "--label-map 255=1" in mend_nifti.mend(path, tmp_path / "d.nii.gz", {"label-255"}, tmp_path)[0]
    assert np.array_equal(np.asarray(nib.load(tmp_path / "d.nii.gz").dataobj), labels(1))


def test_noise_is_snapped_to_the_images_affine_bit_for_bit(tmp_path):
    noisy = STRAIGHT.copy()
    noisy[0, 1] = 1e-7
    image = nifti(tmp_path / "images" / "a.nii.gz")
    label = nifti(tmp_path / "labels" / "a.nii.gz", labels(), noisy)
    done = mend_nifti.mend(label, tmp_path / "b.nii.gz", {"grid-noise"}, tmp_path)
    assert done == ["the affine became that of a.nii.gz"]
    assert np.array_equal(nib.load(tmp_path / "b.nii.gz").affine, nib.load(image).affine)


def test_a_big_endian_header_stays_one(tmp_path):
    image = nib.Nifti1Image(voxels(), STRAIGHT, nib.Nifti1Header(endianness=">"))
    image.header["descrip"] = b"DOE^JANE"
    nib.save(image, tmp_path / "a.nii")
    mend_nifti.mend(tmp_path / "a.nii", tmp_path / "b.nii", {"scan-names-patient"}, tmp_path)
    mended = nib.load(tmp_path / "b.nii")
    assert mended.header.endianness == ">"
    assert np.array_equal(np.asarray(mended.dataobj), voxels())
