import gzip

import numpy as np
import pytest

from segmem.doctor.scan import Scan, examine
from sick import SHAPE, codes, labels, mha, nifti, nrrd, of, voxels


@pytest.mark.parametrize("name", ["a.nii.gz", "a.nii", "a.nrrd", "a.mha"])
def test_a_sound_scan_of_each_format_has_facts_and_no_finding(tmp_path, name):
    make = {"nrrd": nrrd, "mha": mha}.get(name.split(".")[-1], nifti)
    facts, found = examine(make(tmp_path / name), name)
    assert found == []
    assert facts["shape"] == list(SHAPE)
    assert facts["spacing_mm"] == [1.0, 1.5, 3.0]


def test_a_label_map_is_known_by_its_values_or_its_folder(tmp_path):
    facts, found = examine(nifti(tmp_path / "a.nii.gz", labels(2)), "a.nii.gz")
    assert (facts["labels"], found) == ({"0": 183, "2": 27}, [])
    facts, found = examine(nifti(tmp_path / "labels" / "a.nii.gz", labels().astype(np.float32)), "a")
    assert codes(found) == {"label-floats"}


def test_values_of_a_scan_are_looked_at(tmp_path):
    array = voxels().astype(np.float32)
    array[0] = np.nan
    assert codes(examine(nifti(tmp_path / "a.nii.gz", array), "a").findings) == {"scan-not-finite"}


def test_a_scan_cut_short_is_told_so(tmp_path):
    for name in ("a.nii.gz", "a.nii"):
        path = nifti(tmp_path / name)
        path.write_bytes(path.read_bytes()[:-60])
        assert codes(examine(path, name).findings) == {"file-truncated"}, name


def test_a_header_that_claims_too_much_is_said_once(tmp_path):
    path = nifti(tmp_path / "a.nii")
    data = bytearray(path.read_bytes())
    data[40:56] = np.array([3, 32767, 32767, 32767, 1, 1, 1, 1], "<i2").tobytes()
    (tmp_path / "a.nii.gz").write_bytes(gzip.compress(bytes(data)))
    assert codes(examine(tmp_path / "a.nii.gz", "a").findings) == {"file-too-big"}


def test_a_zero_step_of_a_nrrd_is_a_fault(tmp_path):
    path = nrrd(tmp_path / "a.nrrd")
    path.write_bytes(path.read_bytes().replace(b"(0,0,3)", b"(0,0,0)"))
    assert codes(examine(path, "a").findings) == {"scan-no-place"}


def test_findings_do_not_repeat_where_the_file_lies(tmp_path):
    path = nifti(tmp_path / "a.nii.gz")
    path.write_bytes(b"\x1f\x8b no gzip \x00\x01")
    assert str(tmp_path) not in of(examine(path, "a.nii.gz").findings, "file-refused").what


def test_a_scan_that_cannot_be_read_has_no_array(tmp_path):
    scan = Scan(tmp_path / "gone.nii", "gone.nii")
    assert scan.array is None
    assert codes(scan.findings) == {"path-missing"}
