import av
import numpy as np
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import UID

from dicom_made import header, write_multiframe
from footage import pictures, write_video
from segmem.core.errors import FormatError
from segmem.io.dicom.find import find_series
from segmem.io.dicom.video import DicomVideo

H264 = UID("1.2.840.10008.1.2.4.102")


def frames(count=4):
    return np.random.default_rng(1).integers(0, 256, (count, 8, 9, 3), dtype=np.uint8)


def video(path, start=0):
    (series,) = find_series(path)
    return DicomVideo(series, "loop", start)


def write_stream(path, tmp_path, count=6):
    film = write_video(tmp_path / "film.mp4", count, (48, 64))
    dataset = header("1.2.840.10008.5.1.4.1.1.77.1.1.1", Modality="ES", CineRate="25")
    dataset.file_meta.TransferSyntaxUID = H264
    dataset.Rows, dataset.Columns, dataset.NumberOfFrames = 48, 64, count
    dataset.SamplesPerPixel, dataset.PlanarConfiguration = 3, 0
    dataset.PhotometricInterpretation = "YBR_PARTIAL_420"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
    dataset.PixelData = encapsulate([film.read_bytes()])
    dataset.save_as(path, enforce_file_format=True)
    return film


def test_frames_can_be_taken_from_anywhere_and_again(tmp_path):
    path = write_multiframe(tmp_path / "v.dcm", frames(), FrameTime="40")
    whole = video(path)
    assert (whole.length, whole.geometry.size, whole.geometry.fps) == (4, (8, 9), 25.0)
    for _ in range(2):
        assert np.array_equal([frame.permute(1, 2, 0).numpy() for frame in whole], frames())
    later = video(path, start=3)
    assert later.length == 1
    assert np.array_equal(next(iter(later)).permute(1, 2, 0).numpy(), frames()[3])
    assert list(video(path, start=9)) == []


def test_a_stream_of_video_inside_is_decoded_as_a_file_is(tmp_path):
    film = write_stream(tmp_path / "v.dcm", tmp_path)
    with av.open(str(film)) as container:
        expected = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    found = [frame.permute(1, 2, 0).numpy() for frame in video(tmp_path / "v.dcm")]
    assert len(found) == len(expected) == len(pictures(6, (48, 64)))
    assert np.abs(np.stack(found).astype(int) - np.stack(expected)).max() <= 2
    assert len(list(video(tmp_path / "v.dcm", start=4))) == 2


def test_a_video_cut_short_is_refused(tmp_path):
    path = write_multiframe(tmp_path / "v.dcm", frames())
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(FormatError, match="whole DICOM image"):
        list(video(path))


def test_deep_grey_without_a_window_does_not_flicker(tmp_path):
    film = np.array([[[0, 1000]], [[0, 4000]]], np.uint16)
    path = write_multiframe(tmp_path / "v.dcm", film, "MONOCHROME2", Modality="XA")
    shown = [frame[0].tolist() for frame in video(path)]
    assert shown == [[[0, 4]], [[0, 16]]]
