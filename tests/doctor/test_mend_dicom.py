import numpy as np
import pydicom
import pytest

from dicom_made import PATIENT, ramp, write_series
from segmem.core.errors import FormatError
from segmem.doctor import mend_dicom
from segmem.doctor.dicom import examine
from sick import codes


def test_what_names_people_is_blank_and_the_pixels_stay(tmp_path):
    path = write_series(tmp_path, ramp(1))[0]
    assert codes(examine(path)[1].findings) == {"dicom-names-patient"}
    mend_dicom.mend(path, tmp_path / "copy.dcm")
    assert examine(tmp_path / "copy.dcm")[1].findings == []
    raw = (tmp_path / "copy.dcm").read_bytes()
    assert not any(value.encode() in raw for value in PATIENT.values())
    whole = pydicom.dcmread(tmp_path / "copy.dcm")
    assert np.array_equal(whole.pixel_array, ramp(1)[0])
    assert whole.SeriesInstanceUID == pydicom.dcmread(path).SeriesInstanceUID


def test_names_inside_sequences_are_found_too(tmp_path):
    dataset = pydicom.Dataset()
    inner = pydicom.Dataset()
    inner.OperatorsName = "Roe^Max"
    dataset.RequestAttributesSequence = pydicom.Sequence([inner])
    assert mend_dicom.blank(dataset) == 1
    assert "Roe" not in str(dataset)


def test_what_is_no_dicom_is_refused(tmp_path):
    (tmp_path / "a.dcm").write_bytes(b"\x00" * 10)
    with pytest.raises(FormatError, match=r"a\.dcm"):
        mend_dicom.mend(tmp_path / "a.dcm", tmp_path / "b.dcm")
