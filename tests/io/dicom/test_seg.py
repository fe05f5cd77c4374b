from pathlib import Path

import highdicom
import numpy as np
import pydicom.data
import pytest
import torch
from pydicom import dcmread
from pydicom.sr.codedict import codes

from dicom_made import labelled_clip, positions, ramp, stored_labels, write_series
from segmem.core.errors import FormatError, GeometryError
from segmem.io.dicom.find import find_series, read_series
from segmem.io.dicom.seg import is_seg, read_seg, segment_names
from segmem.io.dicom.seg_write import write_seg
from segmem.io.dicom.source import Maker

MAKER = Maker("nano", "0.1", "abcdef0123", {1: "liver", 3: "tumour"})
SAMPLES = Path(pydicom.data.__file__).parent / "test_files"


def foreign(folder, arrays, kind="BINARY"):
    """A DICOM-SEG by another program, segments numbered from 1, empty slices left out."""
    images = [dcmread(path, stop_before_pixels=True) for path in write_series(folder, ramp(4))]
    who = highdicom.AlgorithmIdentificationSequence("other", codes.cid7162.ArtificialIntelligence, "1")
    segments = [
        highdicom.seg.SegmentDescription(
            number, f"part {number}", codes.SCT.Tissue, codes.SCT.Organ, "AUTOMATIC", who
        )
        for number in range(1, arrays.shape[-1] + 1)
    ]
    seg = highdicom.seg.Segmentation(
        images, arrays, kind, segments, highdicom.UID(), 1, highdicom.UID(), 1, "o", "o", "1", "1"
    )
    seg.save_as(folder.parent / "seg.dcm")
    return folder.parent / "seg.dcm"


def clip_of(folder):
    (series,) = find_series(folder)
    return read_series(series, "a")


def test_labels_come_back_onto_their_scan_and_onto_the_files_own_grid(tmp_path):
    clip, labels = labelled_clip(tmp_path / "in")
    write_seg(labels, tmp_path / "x.dcm", MAKER)
    assert torch.equal(read_seg(tmp_path / "x.dcm", clip.geometry).frames, labels.frames)
    alone = read_seg(tmp_path / "x.dcm")
    assert torch.equal(alone.frames, labels.frames)
    assert np.allclose(alone.geometry.affine, clip.geometry.affine)
    assert segment_names(tmp_path / "x.dcm") == {3: "tumour", 7: "object 7"}


def test_slices_that_another_program_left_out_are_background(tmp_path):
    arrays = np.zeros((4, 12, 10, 1), np.uint8)
    arrays[0, 2:5, 3:6], arrays[3, 1, 1] = 1, 1
    path = foreign(tmp_path / "in", arrays)
    assert len(dcmread(path).PerFrameFunctionalGroupsSequence) == 2
    clip = clip_of(tmp_path / "in")
    assert np.array_equal(stored_labels(read_seg(path, clip.geometry)), arrays[..., 0])
    alone = read_seg(path)
    assert np.array_equal(stored_labels(alone), arrays[..., 0])


def test_of_several_segments_in_one_pixel_the_last_counts_and_it_is_told(tmp_path):
    arrays = np.zeros((4, 12, 10, 2), np.uint8)
    arrays[1, 2:5, 3:6, 0], arrays[1, 4:6, 3:6, 1] = 1, 1
    path = foreign(tmp_path / "in", arrays)
    with pytest.warns(UserWarning, match="3 pixels are in several segments"):
        found = stored_labels(read_seg(path, clip_of(tmp_path / "in").geometry))
    assert np.array_equal(found[1], np.where(arrays[1, ..., 1], 2, arrays[1, ..., 0]))


def test_a_fractional_segment_counts_from_one_half(tmp_path):
    arrays = np.zeros((4, 12, 10, 1), np.float32)
    arrays[0, 0, :4, 0] = (0.2, 0.49, 0.51, 1.0)
    path = foreign(tmp_path / "in", arrays, "FRACTIONAL")
    found = stored_labels(read_seg(path, clip_of(tmp_path / "in").geometry))
    assert found[0, 0, :4].tolist() == [0, 0, 1, 1]


def test_a_label_map_of_dicom_is_read_too(tmp_path):
    arrays = np.zeros((4, 12, 10, 2), np.uint8)
    arrays[1, 2:5, 3:6, 0], arrays[2, 6:8, 3:6, 1] = 1, 1
    path = foreign(tmp_path / "in", arrays, "LABELMAP")
    found = stored_labels(read_seg(path, clip_of(tmp_path / "in").geometry))
    assert np.array_equal(found, arrays[..., 0] + 2 * arrays[..., 1])


def test_a_segmentation_of_another_series_is_refused(tmp_path):
    arrays = np.ones((4, 12, 10, 1), np.uint8)
    path = foreign(tmp_path / "in", arrays)
    write_series(tmp_path / "other", ramp(4), positions(4, first=(-10, -20, 31)), series="2")
    with pytest.raises(GeometryError, match=r"lies 1 mm from the nearest slice.*another series"):
        read_seg(path, clip_of(tmp_path / "other").geometry)
    write_series(tmp_path / "small", ramp(4, 10, 10), series="3")
    with pytest.raises(GeometryError, match=r"its frames are \(12, 10\)"):
        read_seg(path, clip_of(tmp_path / "small").geometry)


def test_an_image_is_no_segmentation(tmp_path):
    path = write_series(tmp_path, ramp(1))[0]
    assert not is_seg(path)
    with pytest.raises(FormatError, match="is no DICOM-SEG"):
        read_seg(path)


def test_the_sample_of_pydicom_is_read_on_its_own_grid():
    assert is_seg(SAMPLES / "liver_1frame.dcm")
    found = read_seg(SAMPLES / "liver_1frame.dcm")
    expected = dcmread(SAMPLES / "liver_1frame.dcm").pixel_array
    assert found.frames.sum() == expected.sum() > 0


def test_too_large_a_file_is_refused_before_it_is_allocated(tmp_path):
    path = foreign(tmp_path / "in", np.ones((4, 12, 10, 1), np.uint8))
    with pytest.raises(FormatError, match="Is the header right"):
        read_seg(path, max_bytes=100)
