import numpy as np
import pytest

from segmem.doctor.nifti_forms import examine, header_of
from sick import STRAIGHT, codes, nifti, of, voxels

ZEROS = {"srow_x": [0, 0, 0, 0], "srow_y": [0, 0, 0, 0], "srow_z": [0, 0, 0, 0]}


def found_in(path):
    return examine(header_of(path), path.name)


def test_a_sound_header_gives_no_finding(tmp_path):
    assert found_in(nifti(tmp_path / "a.nii.gz", sform=1, qform=1)) == []


def test_a_singular_sform_beside_a_valid_qform_is_a_warning_naming_both(tmp_path):
    found = of(found_in(nifti(tmp_path / "a.nii", sform=1, qform=2, **ZEROS)), "nifti-sform-singular")
    assert (found.severity, found.fix) == ("warning", True)
    assert "sform (code 1)" in found.what
    assert "qform (2)" in found.what


def test_no_valid_affine_is_a_fault(tmp_path):
    assert codes(found_in(nifti(tmp_path / "a.nii", sform=1, **ZEROS))) == {"nifti-no-affine"}


def test_a_zero_step_is_told_with_its_size(tmp_path):
    path = nifti(tmp_path / "a.nii", sform=0, pixdim=[1, 0, 1, 1, 0, 0, 0, 0])
    assert "voxel sizes 0 x 1 x 1" in of(found_in(path), "nifti-no-affine").what


def test_forms_that_disagree_are_told_by_how_much(tmp_path):
    path = nifti(tmp_path / "a.nii", sform=1, qform=1, qoffset_x=4.5)
    assert "4.5 mm" in of(found_in(path), "nifti-forms-disagree").what


def test_codes_of_zero_say_no_orientation(tmp_path):
    assert codes(found_in(nifti(tmp_path / "a.nii", sform=0))) == {"nifti-no-orientation"}


@pytest.mark.parametrize(("unit", "told"), [(1, "meter"), (3, "micron")])
def test_another_unit_than_the_millimetre_is_named(tmp_path, unit, told):
    assert told in of(found_in(nifti(tmp_path / "a.nii", xyzt_units=unit)), "nifti-unit").what


def test_several_volumes_in_one_file_are_a_fault(tmp_path):
    path = nifti(tmp_path / "a.nii", voxels((4, 5, 6, 3)))
    assert "(4, 5, 6, 3)" in of(found_in(path), "scan-4d").what


def test_a_header_that_asks_for_too_much_is_told_before_anything_is_allocated(tmp_path):
    path = nifti(tmp_path / "a.nii", affine=STRAIGHT)
    data = bytearray(path.read_bytes())
    data[40:56] = np.array([3, 32767, 32767, 32767, 1, 1, 1, 1], "<i2").tobytes()
    path.write_bytes(data)
    assert "GiB" in of(found_in(path), "file-too-big").what


def test_what_is_no_nifti_has_no_header(tmp_path):
    (tmp_path / "a.nii").write_bytes(b"no")
    assert header_of(tmp_path / "a.nii") is None
