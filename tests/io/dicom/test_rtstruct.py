from pathlib import Path

import numpy as np
import pydicom.data
import pytest
import torch
from pydicom import dcmread

from dicom_made import labelled_clip, positions, ramp, stored_labels, write_series
from segmem.core.errors import FormatError, GeometryError
from segmem.io.dicom.find import find_series, read_series
from segmem.io.dicom.rtstruct import is_rtstruct, read_rtstruct, region_names
from segmem.io.dicom.rtstruct_write import write_rtstruct
from segmem.io.dicom.source import Maker

MAKER = Maker("nano", "0.1", "abcdef0123", {1: "liver", 3: "tumour"})
SAMPLE = Path(pydicom.data.__file__).parent / "test_files" / "rtstruct.dcm"


@pytest.fixture
def made(tmp_path):
    clip, labels = labelled_clip(tmp_path / "in")
    write_rtstruct(labels, tmp_path / "r.dcm", MAKER)
    return clip, labels, tmp_path / "r.dcm"


def changed(path, change):
    dataset = dcmread(path)
    change(dataset)
    dataset.save_as(path)
    return path


def test_what_was_written_comes_back_pixel_for_pixel(made):
    clip, labels, path = made
    assert torch.equal(read_rtstruct(path, clip.geometry).frames, labels.frames)
    assert region_names(path) == {3: "tumour", 7: "object 7"}


def test_a_tilted_stack_comes_back_too(tmp_path):
    with pytest.warns(UserWarning, match="tilted"):
        clip, labels = labelled_clip(tmp_path / "in", places=positions(6, (0, 0.9, 2.5)))
    write_rtstruct(labels, tmp_path / "r.dcm", MAKER)
    assert torch.equal(read_rtstruct(tmp_path / "r.dcm", clip.geometry).frames, labels.frames)


def test_a_contour_that_is_drawn_by_hand_fills_the_pixels_whose_centre_it_holds(made):
    clip, _, path = made
    frame = clip.geometry.header["series"].frames[3]
    corners = [(2.2, 3.4), (2.2, 8.6), (6.7, 8.6), (6.7, 3.4)]  # row, column

    def draw(dataset):
        del dataset.ROIContourSequence[1]
        contour = dataset.ROIContourSequence[0].ContourSequence[0]
        dataset.ROIContourSequence[0].ContourSequence = [contour]
        x, y, z = frame.position_mm
        contour.ContourData = [v for r, c in corners for v in (x + 0.7 * c, y + 0.8 * r, z)]

    found = stored_labels(read_rtstruct(changed(path, draw), clip.geometry))
    expected = np.zeros_like(found)
    expected[3, 3:7, 4:9] = 3
    assert np.array_equal(found, expected)


def test_points_and_open_lines_are_passed_over(made):
    clip, _, path = made

    def open_all(dataset):
        for region in dataset.ROIContourSequence:
            for contour in region.ContourSequence:
                contour.ContourGeometricType = "OPEN_PLANAR"

    assert not read_rtstruct(changed(path, open_all), clip.geometry).frames.any()


def test_contours_of_another_place_are_refused(made, tmp_path):
    _, _, path = made
    write_series(tmp_path / "far", ramp(6, 20, 17), positions(6, first=(-10, -20, 300)), series="2")
    (series,) = find_series(tmp_path / "far")
    with pytest.raises(GeometryError, match="another series"):
        read_rtstruct(path, read_series(series, "far").geometry)


def test_where_two_regions_meet_the_last_counts_and_it_is_told(made):
    clip, labels, path = made

    def twice(dataset):
        dataset.ROIContourSequence[1].ContourSequence = dataset.ROIContourSequence[0].ContourSequence

    with pytest.warns(UserWarning, match="are in several regions"):
        found = read_rtstruct(changed(path, twice), clip.geometry)
    assert torch.equal(found.frames == 7, labels.frames == 3)


def test_what_is_no_structure_set_is_refused(made, tmp_path):
    clip = made[0]
    assert is_rtstruct(SAMPLE)
    assert not is_rtstruct(clip.geometry.header["series"].files[0])
    with pytest.raises(FormatError, match="no RTSTRUCT"):
        read_rtstruct(clip.geometry.header["series"].files[0], clip.geometry)


def test_a_number_that_no_label_map_holds_is_refused(made):
    clip, _, path = made

    def renumber(dataset):
        dataset.ROIContourSequence[0].ReferencedROINumber = 300

    with pytest.raises(FormatError, match="region 300"):
        read_rtstruct(changed(path, renumber), clip.geometry)


@pytest.mark.parametrize("points", [[1, 2, 3, 4], [1, 2, 1e9]])
def test_damaged_contours_are_said(made, points):
    clip, _, path = made

    def cut(dataset):
        dataset.ROIContourSequence[0].ContourSequence[0].ContourData = points

    with pytest.raises(FormatError, match="contours are damaged"):
        read_rtstruct(changed(path, cut), clip.geometry)
