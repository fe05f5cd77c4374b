import sys

import highdicom
import numpy as np
import pytest
from pydicom import dcmread

from dicom_made import PATIENT, labelled_clip, positions, ramp, stored_labels, write_enhanced, write_series
from segmem.core import Geometry, Labels
from segmem.core.errors import FormatError, GeometryError, MissingExtraError
from segmem.io.dicom.find import find_series, read_series
from segmem.io.dicom.seg_write import write_seg
from segmem.io.dicom.source import Maker

MAKER = Maker("nano", "0.1", "abcdef0123", {1: "liver", 3: "tumour"})


def written(folder, maker=MAKER, **how):
    clip, labels = labelled_clip(folder / "in", **how)
    write_seg(labels, folder / "x.dcm", maker)
    return clip, labels, dcmread(folder / "x.dcm")


def test_every_slice_of_every_class_lies_where_its_image_does(tmp_path):
    clip, labels, seg = written(tmp_path)
    places = [frame.position_mm for frame in clip.geometry.header["series"].frames]
    slices, frames = stored_labels(labels), seg.pixel_array
    assert len(frames) == 2 * len(places)  # empty ones too
    for frame, group in zip(frames, seg.PerFrameFunctionalGroupsSequence, strict=True):
        place = tuple(map(float, group.PlanePositionSequence[0].ImagePositionPatient))
        value = {1: 3, 2: 7}[group.SegmentIdentificationSequence[0].ReferencedSegmentNumber]
        assert np.array_equal(frame, slices[places.index(place)] == value)


@pytest.mark.parametrize("orientation", [(1, 0, 0, 0, 1, 0), (0.8, 0.6, 0.0, -0.36, 0.48, 0.8)])
def test_another_reader_finds_the_same_voxels_at_the_same_places(tmp_path, orientation):
    normal = np.cross(orientation[:3], orientation[3:])
    clip, labels, _ = written(tmp_path, places=positions(6, 2.5 * normal), orientation=orientation)
    volume = highdicom.seg.segread(tmp_path / "x.dcm").get_volume(combine_segments=True, relabel=False)
    affine = np.asarray(clip.geometry.affine)
    slices, number = stored_labels(labels), {0: 0, 1: 3, 2: 7}
    for index in np.ndindex(volume.array.shape):
        at = volume.affine @ (*index, 1) * (-1, -1, 1, 1)
        i, j, k = np.linalg.solve(affine, at)[:3]
        assert abs(np.array((i, j, k)) - np.rint((i, j, k))).max() < 1e-4
        assert number[int(volume.array[index])] == slices[round(k), round(j), round(i)]


def test_segments_are_named_and_say_who_made_them(tmp_path):
    _, _, seg = written(tmp_path)
    first, second = seg.SegmentSequence
    assert [first.SegmentLabel, second.SegmentLabel] == ["tumour", "object 7"]
    who = first.SegmentationAlgorithmIdentificationSequence[0]
    assert (who.AlgorithmName, who.AlgorithmVersion, who.AlgorithmSource) == ("segmem nano", "0.1", "segmem")
    assert first.SegmentedPropertyTypeCodeSequence[0].CodingSchemeDesignator == "99SEGMEM"
    assert first.SegmentAlgorithmType == "AUTOMATIC"


def test_it_refers_to_the_images_it_was_made_of(tmp_path):
    clip, _, seg = written(tmp_path)
    frames = clip.geometry.header["series"].frames
    referred = {
        item.ReferencedSOPInstanceUID for item in seg.ReferencedSeriesSequence[0].ReferencedInstanceSequence
    }
    assert referred == {frame.instance for frame in frames}
    source = dcmread(frames[0].path)
    assert (
        seg.ReferencedSeriesSequence[0].SeriesInstanceUID == source.SeriesInstanceUID != seg.SeriesInstanceUID
    )
    assert (seg.StudyInstanceUID, seg.FrameOfReferenceUID) == (
        source.StudyInstanceUID,
        source.FrameOfReferenceUID,
    )


def test_the_patient_is_left_out_unless_asked_for(tmp_path):
    _, _, seg = written(tmp_path)
    raw = (tmp_path / "x.dcm").read_bytes()
    assert not any(word in raw for word in (b"Doe", b"Jane", b"PID-4711", b"ACC9988", b"Quirin"))
    assert seg.PatientIdentityRemoved == "YES"
    _, _, named = written(tmp_path / "b", Maker("nano", "0.1", "ab", {}, deidentify=False))
    assert (named.PatientName, named.PatientID) == (PATIENT["PatientName"], PATIENT["PatientID"])
    assert (named.StudyDate, "PatientIdentityRemoved" in named) == ("20200102", False)


def test_where_nothing_was_found_every_class_is_there_and_empty(tmp_path):
    clip, labels = labelled_clip(tmp_path / "in")
    write_seg(Labels("a", labels.frames * 0, clip.geometry), tmp_path / "x.dcm", MAKER)
    seg = dcmread(tmp_path / "x.dcm")
    assert [item.SegmentLabel for item in seg.SegmentSequence] == ["liver", "tumour"]
    assert not seg.pixel_array.any()


def test_a_file_of_many_frames_keeps_their_order(tmp_path):
    path = write_enhanced(tmp_path / "e.dcm", ramp(4), positions(4)[::-1], (1, 1, 1, 1))
    (series,) = find_series(path)
    clip = read_series(series, "e")
    labels = Labels("e", (clip.frames[:, 0] > 1500).byte(), clip.geometry)
    write_seg(labels, tmp_path / "x.dcm", MAKER)
    seg, slices = dcmread(tmp_path / "x.dcm"), stored_labels(labels)
    for frame, group in zip(seg.pixel_array, seg.PerFrameFunctionalGroupsSequence, strict=True):
        height = float(group.PlanePositionSequence[0].ImagePositionPatient[2])
        assert np.array_equal(frame, slices[round((height - 30) / 2.5)])


def test_labels_of_another_format_are_refused(tmp_path):
    _, labels = labelled_clip(tmp_path / "in")
    other = Labels("a", labels.frames, Geometry("volume", tuple(labels.frames.shape[1:])))
    with pytest.raises(GeometryError, match="belongs to a scan that is DICOM"):
        write_seg(other, tmp_path / "x.dcm", MAKER)


def test_images_that_do_not_say_enough_are_refused(tmp_path):
    _, labels = labelled_clip(tmp_path / "in")
    for path in (tmp_path / "in").iterdir():
        dataset = dcmread(path)
        del dataset.FrameOfReferenceUID
        dataset.StudyInstanceUID = ""
        dataset.save_as(path)
    with pytest.raises(FormatError, match="do not say enough for a DICOM-SEG"):
        write_seg(labels, tmp_path / "x.dcm", MAKER)


def test_without_the_package_the_extra_is_named(tmp_path, monkeypatch):
    _, labels = labelled_clip(tmp_path / "in")
    monkeypatch.setitem(sys.modules, "highdicom", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'segmem\[dicom\]'"):
        write_seg(labels, tmp_path / "x.dcm", MAKER)


def test_behind_a_gap_each_slice_keeps_its_place(tmp_path):
    write_series(tmp_path / "in", ramp(4), positions(6)[[0, 1, 2, 5]])
    (series,) = find_series(tmp_path / "in")
    with pytest.warns(UserWarning, match="slices are missing|slices lie at"):
        clip = read_series(series, "gap", allow_gaps=True)
    labels = Labels("gap", (clip.frames[:, 0] > 1500).byte(), clip.geometry)
    write_seg(labels, tmp_path / "x.dcm", MAKER)
    groups = dcmread(tmp_path / "x.dcm").PerFrameFunctionalGroupsSequence
    heights = [float(group.PlanePositionSequence[0].ImagePositionPatient[2]) for group in groups]
    assert sorted(heights) == [30.0, 32.5, 35.0, 42.5]
