import pytest

from segmem.doctor.persons import key_names, may_name, of_program


@pytest.mark.parametrize(
    "text", ["DOE^JANE", "Jane Doe", "Doe, Jane", "patient 17", "born 1961-04-12", "19610412"]
)
def test_names_birth_dates_and_their_labels_are_found(text):
    assert may_name(text)


@pytest.mark.parametrize("text", ["", "5.0.10", "FSL6.0.5", "TE=2.1;Time=1200", "axial t2"])
def test_other_texts_are_not_taken_for_names(text):
    assert not may_name(text)


def test_keys_under_which_patients_are_named_are_known():
    assert key_names("PatientName")
    assert key_names("0010|0010")
    assert key_names("DICOM_0010_0030")
    assert not key_names("modality")


def test_what_programs_write_of_themselves_is_known():
    assert all(of_program(text) for text in ("FSL5.0", "spm - 3D normalized", "none", "6.0.1"))
    assert not of_program("left knee")
