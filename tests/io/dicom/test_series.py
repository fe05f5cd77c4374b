from dicom_made import ACCESSION, PATIENT, positions, ramp, write_enhanced, write_series
from segmem.io.dicom.find import find_series


def test_nothing_that_is_told_names_the_patient(tmp_path):
    write_series(
        tmp_path, ramp(), SeriesDescription=f"Jane {PATIENT['PatientID']} {ACCESSION} 19610203 thin axial"
    )
    (series,) = find_series(tmp_path)
    assert series.description == "thin axial"
    assert series.name.startswith("CT_")
    told = f"{series.told} {series.name}".casefold()
    assert not any(word in told for word in ("doe", "jane", "quirin", "4711", "9988", "1961", series.uid))


def test_a_file_of_many_frames_is_listed_once_and_names_the_series(tmp_path):
    write_enhanced(tmp_path / "one.dcm", ramp(), positions(4), (1, 1, 1, 1))
    (series,) = find_series(tmp_path)
    assert len(series.frames) == 4
    assert series.files == (tmp_path / "one.dcm",)
    assert series.name == f"CT_{series.short}"


def test_a_scan_is_named_by_its_series_wherever_its_files_lie(tmp_path):
    for place in ("a", "b"):
        write_series(tmp_path / place, ramp(), series="1")
    write_series(tmp_path / "c", ramp(), series="2")
    names = [find_series(tmp_path / place)[0].name for place in ("a", "b", "c")]
    assert names[0] == names[1] != names[2]
