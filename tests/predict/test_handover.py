from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from pydicom import dcmread

from dicom_made import ramp, write_series
from segmem.core.errors import UsageError
from segmem.io.case import Case
from segmem.io.sources import find_cases, open_case
from segmem.io.volume import read_label_volume
from segmem.predict.handover import also, require_dicom
from segmem.predict.request import Request
from segmem.predict.still import segment_still
from segmem.predict.watch import Watch

REQUEST = Request(source="in", out=Path("out"), seg=True, rtstruct=True)
SCAN = Case("CT_1", "volume", "dicom")


def test_what_was_asked_for_lies_beside_the_labels():
    assert also(REQUEST, Path("o/CT_1.nii.gz")) == [Path("o/CT_1.seg.dcm"), Path("o/CT_1.rtstruct.dcm")]
    assert also(REQUEST, Path("o/x.dcm")) == [Path("o/x.rtstruct.dcm")]
    assert also(Request(source="in", out=Path("out")), Path("o/CT_1.nii.gz")) == []


@pytest.mark.parametrize("option", ["seg", "rtstruct"])
def test_dicom_is_written_of_dicom_only(option):
    request = Request(source="in", out=Path("out"), **{option: True})
    require_dicom(request, [SCAN])
    for case in (Case("s", "volume", "volume"), Case("US_1", "video", "dicom")):
        with pytest.raises(UsageError, match=f"--{option} writes DICOM"):
            require_dicom(request, [SCAN, case])
        require_dicom(Request(source="in", out=Path("out")), [case])


def test_all_three_say_the_same_of_the_same_scan(make_job, tmp_path):
    write_series(tmp_path / "in", ramp(5, 40, 36))
    (case,) = find_cases(str(tmp_path / "in"))
    out = tmp_path / "out.nii.gz"
    segment_still(make_job("volume", seg=True, rtstruct=True), case, out, Watch(), make_job("volume").clock())
    labels = np.asarray(nib.load(out).dataobj)
    assert len(np.unique(labels)) > 1
    like = open_case(case).geometry
    frames = read_label_volume(out)
    assert np.array_equal(frames, read_label_volume(tmp_path / "out.seg.dcm", like))
    assert np.array_equal(frames, read_label_volume(tmp_path / "out.rtstruct.dcm", like))
    seg = dcmread(tmp_path / "out.seg.dcm")
    assert {item.SegmentLabel for item in seg.SegmentSequence} <= {"shaft", "tip"}


def test_one_file_can_be_the_dicom_seg_itself(make_job, tmp_path):
    write_series(tmp_path / "in", ramp(3, 40, 36))
    (case,) = find_cases(str(tmp_path / "in"))
    job = make_job("volume", confidence=True)
    record = segment_still(job, case, tmp_path / "x.dcm", Watch(), job.clock())
    assert (record.input, record.output) == (case.name, "x.dcm")
    assert dcmread(tmp_path / "x.dcm").Modality == "SEG"
    assert nib.load(tmp_path / "x.confidence.nii.gz").shape == (36, 40, 3)
