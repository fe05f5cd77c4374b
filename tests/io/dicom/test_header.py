from pathlib import Path

import numpy as np
import pydicom.data
import pytest
from pydicom import dcmread

from dicom_made import AXIAL, positions, ramp, write_enhanced, write_multiframe, write_series
from segmem.core.errors import FormatError
from segmem.io.dicom.header import read_frames

SAMPLES = Path(pydicom.data.__file__).parent / "test_files"


def test_a_slice_says_where_it_lies_and_how_its_values_are_meant(tmp_path):
    path = write_series(tmp_path, ramp(1))[0]
    header = read_frames(path)
    (frame,) = header.frames
    assert (frame.position_mm, frame.orientation, frame.pixel_mm) == ((-10.0, -20.0, 30.0), AXIAL, (0.8, 0.7))
    assert frame.rescale == (1.0, -1024.0)
    assert (header.size, header.thickness_mm) == ((12, 10), 2.5)


def test_each_frame_of_an_enhanced_file_has_its_own_place_and_slope(tmp_path):
    header = read_frames(write_enhanced(tmp_path / "e.dcm", ramp(3), positions(3), (1, 2, 3)))
    assert [frame.position_mm[2] for frame in header.frames] == [30.0, 32.5, 35.0]
    assert [frame.rescale for frame in header.frames] == [(1.0, -5.0), (2.0, -5.0), (3.0, -5.0)]


def test_a_dose_grid_lies_along_its_normal_and_has_its_own_scale():
    header = read_frames(SAMPLES / "rtdose.dcm")
    first, second = header.frames[:2]
    assert np.allclose(np.subtract(second.position_mm, first.position_mm), (0, 0, 5))
    assert first.rescale == (1e-06, 0.0)


@pytest.mark.parametrize(
    ("elements", "fps"),
    [
        ({"FrameTime": "40"}, 25.0),
        ({"FrameTimeVector": ["0", "20", "60"]}, 25.0),
        ({"CineRate": "30"}, 30.0),
        ({"RecommendedDisplayFrameRate": "15"}, 15.0),
        ({"FrameTime": "0", "CineRate": "12"}, 12.0),
        ({}, None),
    ],
)
def test_frames_a_second_come_from_whichever_element_states_them(tmp_path, elements, fps):
    path = write_multiframe(tmp_path / "v.dcm", np.zeros((3, 8, 9, 3), np.uint8), **elements)
    assert read_frames(path).fps == fps


def test_frames_of_a_classic_file_have_no_place(tmp_path):
    header = read_frames(write_multiframe(tmp_path / "v.dcm", np.zeros((3, 8, 9), np.uint8), "MONOCHROME2"))
    assert [frame.position_mm for frame in header.frames] == [None, None, None]


def test_a_file_without_pixels_is_none():
    assert read_frames(SAMPLES / "rtplan.dcm") is None
    assert read_frames(SAMPLES / "dicomdirtests" / "DICOMDIR") is None


def test_a_value_that_cannot_be_parsed_is_damage():
    with pytest.raises(FormatError, match="header is damaged"):
        read_frames(SAMPLES / "badVR.dcm")


def test_a_file_cut_short_is_known_from_its_header(tmp_path):
    path = write_series(tmp_path, ramp(1, 100, 100))[0]
    path.write_bytes(path.read_bytes()[:-4000])
    with pytest.raises(FormatError, match="cut short: its header says 20000 bytes of pixels"):
        read_frames(path)


@pytest.mark.parametrize("count", [10**9, -3])
def test_a_number_of_frames_that_cannot_be_is_not_believed(tmp_path, count):
    path = write_multiframe(tmp_path / "v.dcm", np.zeros((1, 8, 9, 3), np.uint8))
    dataset = dcmread(path)
    dataset.NumberOfFrames = count
    dataset.save_as(path)
    with pytest.raises(FormatError, match=f"says {count} frames"):
        read_frames(path)
