import pytest

from dicom_made import header
from segmem.io.dicom_identity import short, without_identity


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


def test_a_short_hash_tells_two_apart_and_not_what_they_were():
    assert short("1.2.3") != short("1.2.4")
    assert short("1.2.3") == short("1.2.3")
    assert len(short("1.2.3")) == 8 and "1.2" not in short("1.2.3")
