import hashlib
from pathlib import Path

import numpy as np
import pytest

from dicom_made import ramp, write_series
from labelled import square, write_images, write_mask
from segmem.core.errors import OutputError
from segmem.doctor.diagnose import diagnose
from segmem.doctor.mend import mend
from sick import codes, labels, nifti


def mended(path: Path, out: Path | None = None) -> list:
    return list(mend(path, diagnose(path), out))


def state(root: Path) -> dict[str, str]:
    return {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in root.rglob("*") if p.is_file()}


def test_all_that_is_wrong_with_a_file_is_mended_in_one_copy(tmp_path):
    path = nifti(tmp_path / "in" / "a_seg.nii.gz", labels(255).astype(np.float32), descrip=b"DOE^JANE")
    before = state(tmp_path / "in")
    (one,) = mended(path, tmp_path / "out")
    assert one.codes == ("label-255", "label-floats", "scan-names-patient")
    assert one.copy_at == str(tmp_path / "out" / "a_seg.nii.gz")
    assert diagnose(Path(one.copy_at)).findings == ()
    assert state(tmp_path / "in") == before


def test_a_datasets_copies_keep_their_places(tmp_path):
    write_images(tmp_path / "d", ["a", "b"], value=255)
    before = state(tmp_path / "d")
    found = mended(tmp_path / "d")
    assert [one.where for one in found] == [str(Path("masks") / "a.png"), str(Path("masks") / "b.png")]
    assert all(Path(one.copy_at).is_relative_to(tmp_path / "d-fixed") for one in found)
    assert "label-255" not in codes(diagnose(tmp_path / "d-fixed").findings)
    assert state(tmp_path / "d") == before


def test_a_dicom_folder_is_copied_without_names(tmp_path):
    write_series(tmp_path / "s", ramp(2))
    assert len(mended(tmp_path / "s", tmp_path / "out")) == 2
    assert diagnose(tmp_path / "out").findings == ()


def test_a_file_that_is_there_is_never_replaced(tmp_path):
    path = write_mask(tmp_path / "a_mask.png", square(255))
    with pytest.raises(OutputError, match="exists"):
        mended(path, tmp_path)
    assert "label-255" in codes(diagnose(path).findings)


def test_nothing_to_mend_writes_nothing(tmp_path):
    path = nifti(tmp_path / "a.nii.gz")
    assert mended(path, tmp_path / "out") == []
    assert not (tmp_path / "out").exists()
