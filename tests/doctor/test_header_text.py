import nibabel as nib
import numpy as np
import pytest

from segmem.doctor import header_text
from segmem.doctor.nifti_forms import header_of
from sick import codes, mha, nifti, nrrd, of, voxels

PERSON = "DOE^JANE"


def test_a_name_in_a_nifti_is_found_and_never_told(tmp_path):
    path = nifti(tmp_path / "a.nii.gz", descrip=PERSON.encode())
    found = header_text.examine(path, "a.nii.gz", header_of(path))
    assert of(found, "scan-names-patient").what == "in descrip"
    assert PERSON not in str(found)


def test_another_text_in_a_nifti_is_noted(tmp_path):
    path = nifti(tmp_path / "a.nii.gz", aux_file=b"left knee")
    assert codes(header_text.examine(path, "a", header_of(path))) == {"scan-free-text"}


@pytest.mark.parametrize("text", [b"FSL5.0", b"none", b""])
def test_what_a_program_writes_of_itself_is_no_finding(tmp_path, text):
    path = nifti(tmp_path / "a.nii.gz", descrip=text)
    assert header_text.examine(path, "a", header_of(path)) == []


def test_a_dicom_header_kept_as_an_extension_may_name_the_patient(tmp_path):
    image = nib.Nifti1Image(voxels(), np.eye(4))
    image.header.extensions.append(nib.nifti1.Nifti1Extension("comment", b"made by hand"))
    nib.save(image, tmp_path / "a.nii")
    found = header_text.examine(tmp_path / "a.nii", "a", header_of(tmp_path / "a.nii"))
    assert of(found, "scan-free-text").what == "in extension 6"


@pytest.mark.parametrize("line", [f"PatientName:={PERSON}", "# Jane Doe", f"content: {PERSON}"])
def test_a_name_in_a_nrrd_is_found_and_never_told(tmp_path, line):
    found = header_text.examine(nrrd(tmp_path / "a.nrrd", None, line), "a")
    assert codes(found) == {"scan-names-patient"}
    assert PERSON not in str(found)
    assert "Jane Doe" not in str(found)


def test_a_name_in_an_mha_is_found_and_its_own_fields_are_not_taken_for_text(tmp_path):
    found = header_text.examine(mha(tmp_path / "a.mha", f"PatientName = {PERSON}"), "a")
    assert codes(found) == {"scan-names-patient"}
    assert PERSON not in str(found)
    assert header_text.examine(mha(tmp_path / "b.mha"), "b") == []


def test_a_header_is_split_from_the_voxels_behind_it(tmp_path):
    raw = nrrd(tmp_path / "a.nrrd").read_bytes()
    lines, end, body = header_text.split_header(raw, ".nrrd")
    assert b"\n".join(lines) + end + body == raw
    assert body == voxels().tobytes(order="F")
