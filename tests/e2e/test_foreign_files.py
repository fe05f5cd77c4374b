"""Every file that pydicom and nibabel bring for their own tests is read, or refused with one clear line."""

import warnings
from functools import cache
from pathlib import Path

import nibabel
import pydicom
import pytest

from segmem.core.errors import SegmemError
from segmem.doctor.diagnose import diagnose
from segmem.doctor.told import told
from segmem.io.dicom.files import is_dicom
from segmem.io.dicom.find import find_series, read_series
from segmem.io.sources import find_cases, open_case

PYDICOM = Path(pydicom.__file__).parent / "data"  # what pydicom would download besides is not asked for
NIBABEL = Path(nibabel.__file__).parent
looked_at = cache(diagnose)  # two tests ask for each file


def brought(folder: Path) -> list[Path]:
    return [p for p in sorted(folder.rglob("*")) if p.is_file() and p.suffix not in {".py", ".pyc"}]


FILES = {
    "pydicom": brought(PYDICOM),
    "nibabel": [path for folder in sorted(NIBABEL.rglob("tests/data")) for path in brought(folder)],
}


def frames_of(path: Path) -> int:
    """Read all that a file holds; how many frames that is.

    Raises:
        SegmemError: it is refused.
    """
    if is_dicom(path):  # each of its series, where predict would ask for one
        clips = [read_series(series, path.name) for series in find_series(path)]
        return sum(clip.length for clip in clips)
    return as_predict_reads(path)


def as_predict_reads(path: Path) -> int:
    """As `frames_of`, by the way that `segmem predict` takes."""
    return sum(1 for case in find_cases(str(path)) for _ in open_case(case))


@pytest.mark.parametrize(("origin", "least"), [("pydicom", 80), ("nibabel", 5)])
def test_each_file_is_read_or_refused_in_one_line(origin: str, least: int) -> None:
    read = 0
    for path in FILES[origin]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # told of headers that are mended in reading
                read += frames_of(path) > 0
        except SegmemError as error:
            assert "\n" not in str(error), path
            assert path.name in str(error), path
    assert read >= least


def test_predict_reads_or_refuses_each_dicom_file_in_one_line() -> None:
    for path in FILES["pydicom"]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                as_predict_reads(path)
        except SegmemError as error:
            assert "\n" not in str(error), path
            assert str(error), path


@pytest.mark.parametrize("origin", ["pydicom", "nibabel"])
def test_the_doctor_has_a_word_for_each_file(origin: str) -> None:
    assert len(FILES[origin]) > 100
    for path in FILES[origin]:
        found = looked_at(path)
        assert found.kind
        assert told(found)
        for one in found.findings:
            assert "\n" not in one.what, path
            assert str(path.parent) not in one.what, path


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        (PYDICOM / "test_files" / "dicomdirtests", "DICOM series"),
        (NIBABEL / "tests" / "data", "a DICOM scan beside"),
    ],
)
def test_the_doctor_has_a_word_for_folders_of_them(folder: Path, kind: str) -> None:
    assert kind in diagnose(folder).kind


def test_the_doctor_agrees_with_the_readers() -> None:
    """What has no fault can be read; what cannot be read has one."""
    for path in [*FILES["pydicom"], *FILES["nibabel"]]:
        faults = [one for one in looked_at(path).findings if one.severity == "fault"]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                frames_of(path)
        except SegmemError:
            assert faults, path
        else:
            assert not faults, (path, faults)


def test_no_patient_is_named() -> None:
    named = 0
    for path in FILES["pydicom"]:
        if not is_dicom(path):
            continue
        try:
            header = pydicom.dcmread(path, stop_before_pixels=True, force=True)
            values = [
                str(header.get(name, "") or "") for name in ("PatientName", "PatientID", "PatientBirthDate")
            ]
        except Exception:  # noqa: S112 - damaged on purpose; nobody is named in what cannot be read
            continue
        said = " ".join(one.what for one in looked_at(path).findings)
        for value in values:
            if len(value) > 5 and value not in path.name:
                named += 1
                assert value not in said, path
    assert named > 50
