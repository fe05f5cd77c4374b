import sys
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

from dicom_made import ramp, write_series
from segmem.core.errors import FormatError, InputError, MissingExtraError
from segmem.io.dicom.files import DIRECTORY, dicom_files, holds_dicom, is_dicom, pydicom, read_header


def write_directory(path: Path, named: list[list[str]]) -> Path:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = DIRECTORY, "1.2.3"
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    records = []
    for parts in named:
        record = Dataset()
        record.DirectoryRecordType = "IMAGE"
        record.add(DataElement("ReferencedFileID", "CS", parts, validation_mode=0))  # ".." is no code string
        records.append(record)
    dataset.DirectoryRecordSequence = Sequence(records)
    dataset.save_as(path, enforce_file_format=True)
    return path


def test_a_folder_is_walked_and_what_is_not_dicom_is_passed_over(tmp_path):
    written = write_series(tmp_path / "a" / "b", ramp(2))
    bare = written[0].rename(tmp_path / "a" / "0001")
    (tmp_path / "a" / "notes.txt").write_text("no image")
    (tmp_path / ".hidden").mkdir()
    write_series(tmp_path / ".hidden", ramp(1))
    assert dicom_files(tmp_path) == [bare, written[1]]
    assert holds_dicom(tmp_path)


def test_a_folder_of_other_things_holds_no_dicom(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG" + bytes(200))
    assert not holds_dicom(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_that_leads_out_is_not_followed(tmp_path):
    outside = write_series(tmp_path / "outside", ramp(1))[0]
    inside = write_series(tmp_path / "inside", ramp(1), series="2")[0]
    (inside.parent / "link.dcm").symlink_to(outside)
    (inside.parent / "folder").symlink_to(outside.parent)
    assert dicom_files(inside.parent) == [inside]


def test_a_dicomdir_names_its_files(tmp_path):
    written = [
        path.rename(path.with_name(path.name[:6])) for path in write_series(tmp_path / "IMAGES", ramp(2))
    ]
    named = write_directory(tmp_path / "DICOMDIR", [["IMAGES", path.name] for path in written])
    assert dicom_files(named) == sorted(path.resolve() for path in written)


def test_a_dicomdir_that_leads_out_of_its_folder_is_refused(tmp_path):
    write_series(tmp_path / "secret", ramp(1))[0].rename(tmp_path / "secret" / "IM1")
    (tmp_path / "disc").mkdir()
    named = write_directory(tmp_path / "disc" / "DICOMDIR", [["..", "secret", "IM1"]])
    with pytest.raises(InputError, match="outside its folder"):
        dicom_files(named)


def test_a_dicomdir_with_missing_files_says_which(tmp_path):
    write_series(tmp_path, ramp(1))[0].rename(tmp_path / "IM1")
    named = write_directory(tmp_path / "DICOMDIR", [["IM1"], ["GONE"]])
    with pytest.raises(InputError, match=r"names 2 files, 1 of them are not there \(GONE\)"):
        dicom_files(named)


def test_a_file_is_dicom_by_its_name_or_its_first_bytes(tmp_path):
    written = write_series(tmp_path, ramp(1))[0]
    bare = written.rename(tmp_path / "IM1")
    (tmp_path / "a.txt").write_text("text")
    assert is_dicom(bare)
    assert not is_dicom(tmp_path / "a.txt")
    assert not is_dicom(tmp_path / "none.dcm")


def test_a_header_is_read_without_pixels(tmp_path):
    path = write_series(tmp_path, ramp(1))[0]
    assert "PixelData" not in read_header(path)
    assert read_header(path).SOPInstanceUID == dcmread(path).SOPInstanceUID


@pytest.mark.parametrize("content", [b"just text", bytes(400), b"\0" * 128 + b"DICM" + b"\x7f" * 90])
def test_what_is_no_dicom_is_said_in_one_line(tmp_path, content):
    path = tmp_path / "a.dcm"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=r"a\.dcm"):
        read_header(path, ("Rows",))


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pydicom", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'segmem\[dicom\]'"):
        pydicom()
