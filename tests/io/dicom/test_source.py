import numpy as np
import pytest

from dicom_made import PATIENT, labelled_clip, stored_labels
from segmem.core import Geometry
from segmem.core.errors import GeometryError
from segmem.io.dicom.source import Maker, frames_of, planes_of, series_of, slices_of, sources

MAKER = Maker("nano", "0.1", "ab", {1: "liver", 3: "tumour"})


def test_labels_are_named_by_class_or_as_objects():
    assert [MAKER.name(value) for value in (1, 3, 5)] == ["liver", "tumour", "object 5"]


def test_what_was_found_is_described_or_all_that_could_have_been():
    assert MAKER.present(np.array([[0, 3], [5, 5]], np.uint8)) == [3, 5]
    assert MAKER.present(np.zeros((2, 2), np.uint8)) == [1, 3]
    assert Maker("nano", "0.1", "ab", {}).present(np.zeros((2, 2), np.uint8)) == [1]


def test_slices_lie_as_in_the_files_and_back(tmp_path):
    clip, labels = labelled_clip(tmp_path)
    slices = slices_of(labels)
    assert np.array_equal(slices, stored_labels(labels))
    assert np.array_equal(frames_of(slices, clip.geometry), labels.frames)


def test_a_plane_knows_its_pixels_in_millimetres_and_back(tmp_path):
    clip, _ = labelled_clip(tmp_path)
    series = series_of(clip.geometry, "x")
    planes = planes_of(series)
    at = planes.to_mm(np.array([[2.0, 3.0]]), 4)
    expected = np.add(series.frames[4].position_mm, (3 * 0.7, 2 * 0.8, 0))
    assert np.allclose(at, expected)
    assert np.allclose(planes.to_pixels(at, 4), [[2, 3]])
    assert planes.nearest(at[0] + (0, 0, 0.25)) == (4, pytest.approx(0.25))


def test_headers_come_in_the_order_of_places_with_or_without_the_patient(tmp_path):
    clip, _ = labelled_clip(tmp_path)
    series = series_of(clip.geometry, "x")
    named = sources(series, deidentify=False)
    assert [image.SOPInstanceUID for image in named] == [frame.instance for frame in series.frames]
    assert {str(image.PatientName) for image in named} == {PATIENT["PatientName"]}
    assert all(str(image.PatientName).startswith("ANON-") for image in sources(series, deidentify=True))


def test_a_scan_of_another_format_has_no_series():
    with pytest.raises(GeometryError, match="A DICOM-SEG belongs to a scan that is DICOM"):
        series_of(Geometry("volume", (2, 2)), "A DICOM-SEG")
