import numpy as np
import pytest

from segmem.doctor import mend_text
from segmem.doctor.scan import examine
from segmem.io.volume import read_array
from sick import codes, mha, nrrd


@pytest.mark.parametrize(
    ("make", "name", "line"),
    [(nrrd, "a.nrrd", "PatientName:=Doe^Jane"), (mha, "a.mha", "PatientName = Doe^Jane")],
)
def test_lines_of_text_go_and_the_scan_stays(tmp_path, make, name, line):
    path = make(tmp_path / name, None, line) if make is nrrd else make(tmp_path / name, line)
    assert codes(examine(path, name).findings) == {"scan-names-patient"}
    copy = tmp_path / f"copy_{name}"
    assert mend_text.mend(path, copy) == ["1 lines of text were left out of the header"]
    assert examine(copy, name).findings == []
    assert b"Doe" not in copy.read_bytes()
    for before, after in zip(read_array(path), read_array(copy), strict=True):
        assert np.array_equal(before, after)
