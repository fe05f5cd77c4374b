import numpy as np
import pytest
from PIL import Image, ImageDraw
from pydicom import dcmread

from dicom_made import PATIENT, labelled_clip, positions, stored_labels
from segmem.core import Geometry, Labels
from segmem.core.errors import FormatError, GeometryError
from segmem.io.dicom.rtstruct_write import write_rtstruct
from segmem.io.dicom.source import Maker
from segmem.io.palette import PALETTE

MAKER = Maker("nano", "0.1", "abcdef0123", {1: "liver", 3: "tumour"})
FINE = 8  # a pixel is drawn as so many


def written(folder, maker=MAKER, **how):
    clip, labels = labelled_clip(folder / "in", **how)
    write_rtstruct(labels, folder / "r.dcm", maker)
    return clip, labels, dcmread(folder / "r.dcm")


def painted(found, source_of, size):
    """{(value, instance): (H, W)} by another program's polygons, from nothing but the two files."""
    masks = {}
    for region in found.ROIContourSequence:
        for contour in region.ContourSequence:
            instance = contour.ContourImageSequence[0].ReferencedSOPInstanceUID
            image = source_of[instance]
            turn = np.array(image.ImageOrientationPatient, float).reshape(2, 3)
            dy, dx = map(float, image.PixelSpacing)
            away = np.array(contour.ContourData, float).reshape(-1, 3) - np.array(
                image.ImagePositionPatient, float
            )
            assert np.abs(away @ np.cross(*turn)).max() < 1e-5  # planar, in the image's own plane
            columns, rows = away @ turn[0] / dx, away @ turn[1] / dy
            canvas = Image.new("1", (size[1] * FINE, size[0] * FINE))
            corners = [((c + 0.5) * FINE, (r + 0.5) * FINE) for r, c in zip(rows, columns, strict=True)]
            ImageDraw.Draw(canvas).polygon(corners, fill=1)
            one = np.asarray(canvas)[FINE // 2 :: FINE, FINE // 2 :: FINE]
            key = (int(region.ReferencedROINumber), instance)
            masks[key] = masks.get(key, np.zeros(size, bool)) ^ one
    return masks


@pytest.mark.parametrize("orientation", [(1, 0, 0, 0, 1, 0), (0.8, 0.6, 0.0, -0.36, 0.48, 0.8)])
def test_another_program_fills_the_contours_with_the_same_pixels(tmp_path, orientation):
    normal = np.cross(orientation[:3], orientation[3:])
    clip, labels, found = written(tmp_path, places=positions(6, 2.5 * normal), orientation=orientation)
    frames = clip.geometry.header["series"].frames
    masks = painted(found, {f.instance: dcmread(f.path) for f in frames}, (20, 17))
    slices = stored_labels(labels)
    for index, frame in enumerate(frames):
        for value in (3, 7):
            expected = slices[index] == value
            assert np.array_equal(masks.get((value, frame.instance), np.zeros((20, 17), bool)), expected)


def test_regions_have_names_colours_and_the_classes_numbers(tmp_path):
    _, _, found = written(tmp_path)
    told = {
        item.ROINumber: (item.ROIName, item.ROIGenerationAlgorithm) for item in found.StructureSetROISequence
    }
    assert told == {3: ("tumour", "AUTOMATIC"), 7: ("object 7", "AUTOMATIC")}
    assert [tuple(item.ROIDisplayColor) for item in found.ROIContourSequence] == [PALETTE[3], PALETTE[7]]
    assert [item.ReferencedROINumber for item in found.RTROIObservationsSequence] == [3, 7]


def test_it_refers_to_every_image_of_the_scan(tmp_path):
    clip, _, found = written(tmp_path)
    frames = clip.geometry.header["series"].frames
    place = found.ReferencedFrameOfReferenceSequence[0]
    series = place.RTReferencedStudySequence[0].RTReferencedSeriesSequence[0]
    assert {item.ReferencedSOPInstanceUID for item in series.ContourImageSequence} == {
        f.instance for f in frames
    }
    assert series.SeriesInstanceUID == clip.geometry.header["series"].uid
    assert place.FrameOfReferenceUID == dcmread(frames[0].path).FrameOfReferenceUID
    numbers = [x for c in found.ROIContourSequence for one in c.ContourSequence for x in one.ContourData]
    assert max(len(str(x)) for x in numbers) <= 16


def test_the_patient_is_left_out_unless_asked_for(tmp_path):
    _, _, found = written(tmp_path)
    raw = (tmp_path / "r.dcm").read_bytes()
    assert not any(word in raw for word in (b"Doe", b"Jane", b"PID-4711", b"ACC9988", b"Quirin"))
    assert (found.StructureSetDate, found.PatientIdentityRemoved) == ("", "YES")
    _, _, named = written(tmp_path / "b", Maker("nano", "0.1", "ab", {}, deidentify=False))
    assert (named.PatientName, named.PatientID) == (PATIENT["PatientName"], PATIENT["PatientID"])
    assert len(named.StructureSetDate) == 8


def test_labels_of_another_format_are_refused(tmp_path):
    _, labels = labelled_clip(tmp_path / "in")
    other = Labels("a", labels.frames, Geometry("volume", tuple(labels.frames.shape[1:])))
    with pytest.raises(GeometryError, match="belongs to a scan that is DICOM"):
        write_rtstruct(other, tmp_path / "r.dcm", MAKER)


def test_images_without_a_frame_of_reference_are_refused(tmp_path):
    _, labels = labelled_clip(tmp_path / "in")
    for path in (tmp_path / "in").iterdir():
        dataset = dcmread(path)
        del dataset.FrameOfReferenceUID
        dataset.save_as(path)
    with pytest.raises(FormatError, match="no frame of reference"):
        write_rtstruct(labels, tmp_path / "r.dcm", MAKER)
