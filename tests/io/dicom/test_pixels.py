from pathlib import Path

import numpy as np
import pydicom.data
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.pixels import apply_color_lut
from pydicom.sequence import Sequence

from dicom_made import header, pixels, ramp, write_series
from segmem.core.errors import FormatError
from segmem.io.dicom.files import read_header
from segmem.io.dicom.header import Frame, read_frames
from segmem.io.dicom.pixels import as_rgb, bits, in_units, stored

SAMPLES = Path(pydicom.data.__file__).parent / "test_files"


def rgb_of(path):
    found = read_frames(path)
    frame, array = next(stored(found.frames, found.size))
    return as_rgb(frame, array, read_header(path))


def grey(tmp_path, array, photometric="MONOCHROME2", **more):
    dataset = header("1.2.840.10008.5.1.4.1.1.7", Modality="OT", **more)
    pixels(dataset, array, photometric)
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    return rgb_of(tmp_path / "a.dcm")[..., 0]


def test_eight_bit_grey_is_as_it_is_and_monochrome1_the_other_way(tmp_path):
    array = np.arange(0, 200, 2, dtype=np.uint8).reshape(10, 10)
    assert np.array_equal(grey(tmp_path, array), array)
    assert np.array_equal(grey(tmp_path, array, "MONOCHROME1"), 255 - array)


def test_a_window_maps_its_ends_to_black_and_white(tmp_path):
    array = np.array([[0, 100, 150], [199, 200, 4000]], dtype=np.uint16)
    shown = grey(tmp_path, array, WindowCenter="150", WindowWidth="100")
    assert shown.tolist() == [[0, 0, 129], [255, 255, 255]]


def test_without_a_window_the_lowest_value_is_black_and_the_highest_white(tmp_path):
    array = np.array([[1000, 2000], [3000, 3000]], dtype=np.uint16)
    assert grey(tmp_path, array).tolist() == [[0, 128], [255, 255]]


def test_a_palette_becomes_its_colours():
    path = SAMPLES / "examples_palette.dcm"
    dataset = dcmread(path)
    expected = apply_color_lut(dataset.pixel_array, dataset)
    assert np.array_equal(rgb_of(path), expected[..., :3] >> (8 * (expected.dtype.itemsize - 1)))


@pytest.mark.parametrize(
    "name", ["SC_rgb_rle_16bit.dcm", "SC_rgb_rle_32bit.dcm", "SC_ybr_full_422_uncompressed.dcm"]
)
def test_colours_of_every_depth_and_model_look_like_the_plain_picture(name):
    plain = rgb_of(SAMPLES / "SC_rgb_rle.dcm").astype(int)
    assert np.abs(rgb_of(SAMPLES / name).astype(int) - plain).mean() < 2


def test_monochrome1_is_inverted_where_values_have_no_unit_and_kept_where_they_have_one():
    array = np.array([[0, 10], [20, 100]], dtype=np.uint16)
    path = SAMPLES / "MR_small.dcm"
    plain = in_units(Frame(path, 0, "1", 0), array, "MONOCHROME1")
    assert plain.tolist() == [[100, 90], [80, 0]]
    units = in_units(Frame(path, 0, "1", 0, rescale=(1.0, -1024.0)), array, "MONOCHROME1")
    assert units.tolist() == [[-1024, -1014], [-1004, -924]]


def test_a_table_of_the_modality_is_applied(tmp_path):
    table = Dataset()
    table.LUTDescriptor, table.ModalityLUTType = [4, 0, 16], "US"
    table.LUTData = np.array([5, 50, 500, 5000], np.uint16).tobytes()
    dataset = header("1.2.840.10008.5.1.4.1.1.7", Modality="OT", ModalityLUTSequence=Sequence([table]))
    array = np.array([[0, 1], [2, 3]], dtype=np.uint16)
    pixels(dataset, array)
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    assert in_units(Frame(tmp_path / "a.dcm", 0, "1", 0), array, "MONOCHROME2").tolist() == [
        [5, 50],
        [500, 5000],
    ]


def test_pixels_of_another_size_than_the_series_are_refused(tmp_path):
    path = write_series(tmp_path, ramp(1))[0]
    with pytest.raises(FormatError, match="its series is"):
        list(stored(read_frames(path).frames, (5, 5)))


@pytest.mark.parametrize("size", [(2, 3), (7, 9), (1, 1), (4, 8)])
def test_bits_are_unpacked_though_frames_begin_within_a_byte(tmp_path, size):
    frames = np.random.default_rng(0).integers(0, 2, (11, *size), dtype=np.uint8)
    dataset = header("1.2.840.10008.5.1.4.1.1.66.4", Modality="SEG")
    packed = np.packbits(frames.ravel(), bitorder="little").tobytes()
    dataset.PixelData = packed + bytes(len(packed) % 2)
    dataset.BitsAllocated = 1
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    assert np.array_equal(np.stack(list(bits(tmp_path / "a.dcm", range(11), size))), frames)
    with pytest.raises(FormatError, match="cut short"):
        list(bits(tmp_path / "a.dcm", [400], size))


def test_a_palette_that_is_not_there_is_damage(tmp_path):
    array = np.zeros((4, 5), np.uint8)
    with pytest.raises(FormatError, match="whole DICOM image"):
        grey(tmp_path, array, "PALETTE COLOR")
