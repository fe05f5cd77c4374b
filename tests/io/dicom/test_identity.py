import pytest

from dicom_made import header
from segmem.io.dicom.identity import deidentified, description, short, without_identity


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Doe thin axial", "thin axial"),
        ("JANE_QUIRIN-head", "head"),
        ("CT 19610203 chest", "CT chest"),
        ("T2 tse 4 mm", "T2 tse 4 mm"),
        ("PID-4711-XYZ", ""),
        ("a\nb\tc\x07", "a b c"),
        ("x" * 99, "x" * 40),
    ],
)
def test_what_the_patients_elements_hold_leaves_the_text(text, left):
    assert without_identity(text, header("1.2", Modality="CT")) == left


def test_a_series_is_described_by_its_body_part_and_its_name():
    made = header("1.2", BodyPartExamined="HEAD", SeriesDescription="T1 of Jane")
    assert description(made) == "HEAD T1 of"
    assert description(header("1.2")) == ""


def test_a_short_hash_tells_two_apart_and_not_what_they_were():
    assert short("1.2.3") != short("1.2.4")
    assert short("1.2.3") == short("1.2.3")
    assert len(short("1.2.3")) == 8 and "1.2" not in short("1.2.3")


def test_a_dataset_loses_who_it_is_about_and_keeps_what_it_belongs_to():
    made = header(
        "1.2", PatientAge="058Y", InstitutionName="Clinic of Doe", StudyDescription="Doe, second look"
    )
    made.OperatorsName, made.PerformedProcedureStepStartDate = "Nurse^A", "20200102"
    made.add_new(0x00091010, "LO", "Doe")
    study, frame = made.StudyInstanceUID, made.FrameOfReferenceUID
    found = deidentified(made)
    told = str(found)
    assert not any(
        word in told
        for word in ("Doe", "Jane", "PID-4711", "ACC9988", "19610203", "20200102", "058Y", "Nurse")
    )
    assert (found.StudyInstanceUID, found.FrameOfReferenceUID) == (study, frame)
    assert found.PatientID == found.PatientName == f"ANON-{short(study, 12)}"
    assert (found.PatientBirthDate, found.StudyDate, found.AccessionNumber) == ("", "", "")
    assert found.PatientIdentityRemoved == "YES"
