import numpy as np
import pytest

from dicom_made import positions, ramp, write_multiframe, write_series
from footage import write_picture
from segmem.core.errors import FormatError, GeometryError, UsageError
from segmem.io.dicom.cases import dicom_cases, dicom_in, listed
from segmem.io.dicom.find import find_series


@pytest.fixture
def two(tmp_path):
    write_series(tmp_path / "a", ramp(), series="1")
    write_series(tmp_path / "b", ramp(3), series="2", SeriesDescription="Doe thick")
    return tmp_path


def test_the_only_series_is_the_case_and_its_name_tells_nobody(tmp_path):
    write_series(tmp_path / "DOE_JANE", ramp())
    (case,) = dicom_cases("in", tmp_path)
    assert (case.kind, case.form, len(case.paths)) == ("volume", "dicom", 4)
    assert case.name.startswith("CT_") and "DOE" not in case.name.upper().replace("CT_", "")


def test_several_series_are_listed_and_one_is_asked_for(two):
    with pytest.raises(UsageError, match=r"2 series; name one with --series NUMBER: 1\) .*; 2\) .*") as told:
        dicom_cases("in", two)
    assert "thick" in str(told.value) and "Doe" not in str(told.value)
    found = find_series(two)
    for number, one in enumerate(found, start=1):
        for asked in (str(number), one.uid, one.short, one.name):
            (case,) = dicom_cases("in", two, asked)
            assert case.series == one


@pytest.mark.parametrize("asked", ["3", "0", "1.2.3", "x"])
def test_a_series_that_is_not_there_is_refused_with_the_list(two, asked):
    with pytest.raises(UsageError, match=rf"no series '{asked}'. It holds: 1\) "):
        dicom_cases("in", two, asked)


def test_a_gap_is_refused_before_any_model_is_loaded_unless_allowed(tmp_path):
    write_series(tmp_path, ramp(3), positions(5)[[0, 1, 4]])
    with pytest.raises(GeometryError, match="--allow-gaps"):
        dicom_cases("in", tmp_path)
    (case,) = dicom_cases("in", tmp_path, allow_gaps=True)
    assert case.allow_gaps


def test_pictures_of_one_series_are_a_case_each(tmp_path):
    for number in range(3):
        write_multiframe(
            tmp_path / f"{number}.dcm", np.zeros((1, 8, 9, 3), np.uint8), SeriesInstanceUID="1.2.3"
        )
    cases = dicom_cases("in", tmp_path)
    assert [case.kind for case in cases] == ["image"] * 3
    assert len({case.name for case in cases}) == 3


def test_a_long_list_is_cut(two):
    found = find_series(two)
    assert listed(found * 15).endswith("; and 10 more")


def test_dicom_is_known_by_suffix_by_first_bytes_and_in_folders_below(tmp_path):
    written = write_series(tmp_path / "s", ramp(2))
    assert dicom_in(written[0]) == written[0]
    assert dicom_in(tmp_path / "s") == tmp_path / "s"
    assert dicom_in(tmp_path / "s" / "*.dcm") == sorted(written)
    bare = [path.rename(path.with_suffix("")) for path in written]
    assert dicom_in(bare[0]) == bare[0]
    assert dicom_in(tmp_path) == tmp_path


def test_other_files_are_not_dicom(tmp_path):
    picture = write_picture(tmp_path / "p.png")
    assert dicom_in(picture) is None
    assert dicom_in(tmp_path) is None
    assert dicom_in(tmp_path / "*.png") is None
    assert dicom_in(tmp_path / "none") is None


def test_a_folder_of_plans_has_no_image(tmp_path):
    path = write_series(tmp_path, ramp(1))[0]
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(FormatError):
        dicom_cases("in", tmp_path)
