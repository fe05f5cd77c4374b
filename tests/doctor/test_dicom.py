import numpy as np

from dicom_made import PATIENT, header, positions, ramp, write_multiframe, write_series
from segmem.doctor import dicom
from sick import codes, of


def nobody() -> dict[str, str]:
    """Elements without a person."""
    return {**dict.fromkeys(PATIENT, ""), "AccessionNumber": ""}


def test_a_sound_series_is_a_scan_with_facts(tmp_path):
    write_series(tmp_path, ramp(), **nobody())
    kind, (facts, found) = dicom.examine(tmp_path)
    assert kind == "a DICOM scan"
    assert (facts["modality"], facts["shape"], facts["files"]) == ("CT", [4, 12, 10], 4)
    assert found == []
    assert dicom.holds_dicom(tmp_path)


def test_names_in_headers_are_found_and_never_told(tmp_path):
    path = write_series(tmp_path, ramp(1))[0]
    found = dicom.examine(path)[1].findings
    assert "PatientName" in of(found, "dicom-names-patient").what
    assert not any(value.split("^")[0] in str(found) for value in PATIENT.values())


def test_a_missing_slice_is_a_fault(tmp_path):
    write_series(tmp_path, ramp(6), **nobody())
    (tmp_path / "IM0003_1.dcm").unlink()
    found = of(dicom.examine(tmp_path)[1].findings, "dicom-slices")
    assert found.severity == "fault"


def test_a_tilted_gantry_is_told_by_axes(tmp_path):
    write_series(tmp_path, ramp(), positions(4, (0, 0.8, 2.5)), **nobody())
    assert "scan-sheared" in codes(dicom.examine(tmp_path)[1].findings)


def test_several_series_are_listed(tmp_path):
    write_series(tmp_path, ramp(), **nobody())
    write_series(tmp_path, ramp(), series="2", **nobody())
    kind, (facts, found) = dicom.examine(tmp_path)
    assert (kind, facts["series"]) == ("2 DICOM series", 2)
    assert "4 slices of 12 x 10" in of(found, "dicom-several-series").what


def test_burned_in_text_is_a_warning_and_an_inverted_picture_a_note(tmp_path):
    frames = np.random.default_rng(0).integers(0, 255, (3, 8, 9), dtype=np.uint8)
    path = write_multiframe(tmp_path / "a.dcm", frames, "MONOCHROME1", BurnedInAnnotation="YES", **nobody())
    kind, (_, found) = dicom.examine(path)
    assert kind == "a DICOM video"
    assert codes(found) == {"dicom-burned-in", "dicom-noted"}


def test_what_is_no_image_or_is_cut_short_is_refused(tmp_path):
    header("1.2.840.10008.5.1.4.1.1.88.11", Modality="SR").save_as(tmp_path / "a.dcm")
    assert "file-refused" in codes(dicom.examine(tmp_path / "a.dcm")[1].findings)
    path = write_series(tmp_path / "s", ramp(1), **nobody())[0]
    path.write_bytes(path.read_bytes()[:-50])
    assert "dicom-refused" in codes(dicom.examine(path)[1].findings)


def test_a_damaged_file_among_several_series_is_told_once(tmp_path):
    write_series(tmp_path, ramp(), **nobody())
    write_series(tmp_path, ramp(), series="2", **nobody())
    (tmp_path / "x.dcm").write_bytes(bytes(128) + b"DICM" + b"\xff" * 40)
    assert "x.dcm" in of(dicom.examine(tmp_path)[1].findings, "dicom-refused").what
