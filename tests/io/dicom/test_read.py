from pathlib import Path

import numpy as np
import pydicom.data
import pytest

from dicom_made import positions, ramp, write_enhanced, write_multiframe, write_series
from segmem.core.errors import FormatError, GeometryError
from segmem.io.dicom.find import find_series, read_series
from segmem.io.orientation import file_array

SAMPLES = Path(pydicom.data.__file__).parent / "test_files"


def clip_of(folder, **how):
    (series,) = find_series(folder)
    return read_series(series, "case", **how)


def file_values(clip):
    """(slice, row, column) as they lie in the files."""
    array = clip.frames[:, 0].numpy()
    flips = tuple(slice(None, None, -1 if back else 1) for back in clip.geometry.flipped)
    return array[flips].transpose(tuple(np.argsort(clip.geometry.axes)))[:, :, :].transpose(2, 1, 0)


def test_values_are_in_the_scans_own_units_and_in_the_order_of_places(tmp_path):
    write_series(tmp_path, ramp(), rescale=(2.0, -1000.0))
    clip = clip_of(tmp_path)
    assert clip.frames.shape == (4, 1, 12, 10)
    assert np.array_equal(file_values(clip), 2.0 * ramp() - 1000)
    assert file_array(clip.frames[:, 0].clamp(0, 255).byte(), clip.geometry).shape == (10, 12, 4)


def test_signed_values_stay_signed(tmp_path):
    write_series(tmp_path, ramp() - 2000, rescale=(1.0, 0.0))
    assert clip_of(tmp_path).frames.min() == -2000


def test_each_frame_of_an_enhanced_file_has_its_own_slope(tmp_path):
    write_enhanced(tmp_path / "e.dcm", ramp(3), positions(3)[::-1], (1, 2, 3))
    expected = np.stack([ramp(3)[2] * 3.0 - 5, ramp(3)[1] * 2.0 - 5, ramp(3)[0] * 1.0 - 5])
    assert np.array_equal(file_values(clip_of(tmp_path)), expected)


def test_a_gap_is_refused_with_a_list_and_read_when_allowed_with_each_place_said(tmp_path):
    write_series(tmp_path, ramp(), positions(5)[[0, 1, 2, 4]])
    with pytest.raises(
        GeometryError, match=r"5\.00 mm at 35\.00 mm \(between slices 3 and 4\).*--allow-gaps"
    ):
        clip_of(tmp_path)
    with pytest.warns(UserWarning) as told:
        clip = clip_of(tmp_path, allow_gaps=True)
    assert clip.length == 4
    assert any("30.00, 32.50, 35.00, 40.00" in str(one.message) for one in told)


def test_copies_are_dropped_when_allowed_and_refused_where_they_differ(tmp_path):
    volume, places = ramp()[[0, 1, 1, 2]], positions(3)[[0, 1, 1, 2]]
    write_series(tmp_path / "same", volume, places)
    with pytest.raises(GeometryError, match="1 slices lie where another one does"):
        clip_of(tmp_path / "same")
    with pytest.warns(UserWarning) as told:
        clip = clip_of(tmp_path / "same", allow_gaps=True)
    assert str(told[-1].message) == "case: 1 copies of slices were dropped."
    assert clip.length == 3 and len(clip.geometry.header["series"].frames) == 3
    write_series(tmp_path / "other", ramp(), places)
    with pytest.warns(UserWarning), pytest.raises(GeometryError, match="show something else"):
        clip_of(tmp_path / "other", allow_gaps=True)


def test_a_tilted_gantry_is_kept_and_said(tmp_path):
    places = positions(4, (0, 0.9, 2.5))
    write_series(tmp_path, ramp(), places)
    with pytest.warns(UserWarning, match=r"tilted by 19\.8 degrees"):
        clip = clip_of(tmp_path)
    at = np.asarray(clip.geometry.affine) @ (0, 0, 3, 1)
    assert np.allclose(at[:3] * (-1, -1, 1), places[3], atol=1e-9)


def test_a_large_series_is_refused_before_a_pixel_is_read(tmp_path):
    write_series(tmp_path, ramp())
    (series,) = find_series(tmp_path)
    for path in series.files:
        path.unlink()
    with pytest.raises(FormatError, match="above the limit"):
        read_series(series, "case", max_bytes=100)


def test_a_file_cut_short_is_refused(tmp_path):
    written = write_series(tmp_path, ramp(4, 100, 100))
    written[3].write_bytes(written[3].read_bytes()[:-9000])
    with pytest.raises(FormatError, match=r"a file is damaged and left out .*is cut short"):
        clip_of(tmp_path)
    with pytest.warns(UserWarning, match="a file is damaged and left out"):
        assert clip_of(tmp_path, allow_gaps=True).length == 3


def test_packed_pixels_that_are_damaged_are_refused(tmp_path):
    path = tmp_path / "a.dcm"
    whole = (SAMPLES / "MR_small_RLE.dcm").read_bytes()
    path.write_bytes(whole[:-3000])
    with pytest.raises(FormatError, match="whole DICOM image"):
        clip_of(path)


def test_frames_of_an_ultrasound_are_a_video(tmp_path):
    frames = np.random.default_rng(0).integers(0, 256, (3, 8, 9, 3), dtype=np.uint8)
    write_multiframe(tmp_path / "v.dcm", frames, CineRate="30")
    clip = clip_of(tmp_path)
    assert (clip.geometry.kind, clip.geometry.fps) == ("video", 30.0)
    assert np.array_equal(clip.frames.permute(0, 2, 3, 1).numpy(), frames)


def test_a_sealed_note_is_told_with_the_name_of_the_case_alone(tmp_path):
    write_series(tmp_path, ramp(), BurnedInAnnotation="YES")
    with pytest.warns(
        UserWarning, match=r"^case: text is burned into the pixels; it may name the patient\.$"
    ):
        clip_of(tmp_path)
