import warnings
from pathlib import Path

import numpy as np
import pydicom.data
import pytest
from pydicom import dcmread

from dicom_made import (
    positions,
    ramp,
    write_enhanced,
    write_multiframe,
    write_series,
)
from segmem.core.errors import FormatError, InputError, SegmemError
from segmem.io.dicom.find import find_series, read_series

SAMPLES = Path(pydicom.data.__file__).parent / "test_files"


def codes(folder: Path) -> set[str]:
    return {problem.code for series in find_series(folder) for problem in series.problems}


def test_slices_are_ordered_by_position_and_not_by_file_name_or_number(tmp_path):
    written = write_series(tmp_path, ramp())
    (series,) = find_series(tmp_path)
    assert series.files == tuple(written)
    assert series.files != tuple(sorted(written))
    assert [frame.order for frame in series.frames] == [4, 3, 2, 1]
    assert (series.kind, series.shape, series.spacing_mm) == ("volume", (4, 12, 10), (2.5, 0.8, 0.7))


def test_each_series_below_a_folder_is_listed(tmp_path):
    write_series(tmp_path / "a", ramp(), series="1")
    write_series(tmp_path / "b" / "c", ramp(3), series="2")
    write_multiframe(tmp_path / "loop.dcm", np.zeros((5, 8, 9, 3), np.uint8), FrameTime="40")
    found = find_series(tmp_path)
    assert [(one.modality, one.kind, one.shape[0]) for one in found] == [
        *sorted(
            [("CT", "volume", 4), ("CT", "volume", 3)],
            key=lambda one: [s.shape[0] for s in found].index(one[2]),
        ),
        ("US", "video", 5),
    ]
    assert len({one.name for one in found}) == 3


def test_a_missing_slice_a_copy_and_a_turned_one_are_problems(tmp_path):
    write_series(tmp_path / "gap", ramp(), positions(6)[[0, 1, 4, 5]])
    write_series(tmp_path / "copy", ramp(), positions(4)[[0, 1, 1, 2]])
    write_series(tmp_path / "tilt", ramp(), positions(4, (0, 0.5, 2.5)), rescale=None)
    assert codes(tmp_path / "gap") == {"gap"}
    assert codes(tmp_path / "copy") == {"duplicate"}
    assert codes(tmp_path / "tilt") == {"tilt", "no-rescale"}


def test_what_is_burned_in_inverted_or_too_large_is_said(tmp_path):
    write_series(tmp_path, ramp(), PhotometricInterpretation="MONOCHROME1", BurnedInAnnotation="YES")
    assert codes(tmp_path) == {"burned-in", "monochrome1"}
    (series,) = find_series(tmp_path, max_bytes=1000)
    assert "too-large" in {problem.code for problem in series.problems}


def test_images_of_several_sizes_make_no_series_to_read(tmp_path):
    write_series(tmp_path, ramp(2))
    write_series(tmp_path, ramp(2, rows=14), positions(2, first=(-10, -20, 35)), numbers=[7, 8])
    for number, path in enumerate(sorted(tmp_path.iterdir())):
        path.rename(tmp_path / f"{number}.dcm")
    write_series(tmp_path, ramp(2))
    assert "mixed-size" in codes(tmp_path)
    (series,) = find_series(tmp_path)
    with pytest.raises(SegmemError, match="several sizes"):
        read_series(series, "a")


def test_a_damaged_file_among_others_is_left_out_and_said(tmp_path):
    write_series(tmp_path, ramp())
    (tmp_path / "broken.dcm").write_bytes(b"\0" * 128 + b"DICM" + b"\xff" * 64)
    (series,) = find_series(tmp_path)
    assert [problem.code for problem in series.problems] == ["damaged-file"]
    assert "broken.dcm" in series.problems[0].where and "broken" not in series.problems[0].words


def test_an_enhanced_file_is_ordered_by_the_place_of_each_frame(tmp_path):
    path = write_enhanced(tmp_path / "e.dcm", ramp(), positions(4)[::-1], (1, 2, 3, 4))
    (series,) = find_series(path)
    assert [frame.number for frame in series.frames] == [3, 2, 1, 0]
    assert series.frames[0].rescale == (4.0, -5.0)


def test_pictures_without_a_place_are_one_each(tmp_path):
    for number in range(2):
        write_multiframe(tmp_path / f"{number}.dcm", np.zeros((1, 8, 9, 3), np.uint8))
    found = find_series(tmp_path)
    assert [one.kind for one in found] == ["image", "image"]
    assert len({one.name for one in found}) == 2


def test_a_plan_is_named_for_what_it_is():
    with pytest.raises(FormatError, match="RT Plan"):
        find_series(SAMPLES / "rtplan.dcm")


def test_a_folder_without_dicom_is_said(tmp_path):
    (tmp_path / "a.txt").write_text("no")
    with pytest.raises(InputError, match="holds no DICOM"):
        find_series(tmp_path)


def test_every_sample_file_of_pydicom_is_read_or_refused_with_one_clear_line():
    read = refused = 0
    for path in sorted(SAMPLES.rglob("*")):
        if not path.is_file() or path.parent.parent.parent.name == "TINY_ALPHA":
            continue
        try:
            for series in find_series(path):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # what is noted is tested elsewhere
                    clip = read_series(series, series.name)
                assert clip.frames.shape[0] == series.shape[0]
                read += 1
        except SegmemError as error:
            refused += 1
            assert str(error) == " ".join(str(error).split())
            assert len(str(error)) < 500
    assert read > 60
    assert refused > 20


def test_a_scan_of_a_sample_file_keeps_its_numbers():
    path = SAMPLES / "CT_small.dcm"
    (series,) = find_series(path)
    clip = read_series(series, "ct")
    dataset = dcmread(path)
    expected = dataset.pixel_array.astype(np.float32) * float(dataset.RescaleSlope) + float(
        dataset.RescaleIntercept
    )
    flips = tuple(slice(None, None, -1 if back else 1) for back in clip.geometry.flipped[1:])
    assert np.array_equal(clip.frames[0, 0].numpy(), expected[flips])


def test_a_damaged_byte_anywhere_in_a_header_never_ends_in_a_traceback(tmp_path):
    seeds = [write_series(tmp_path / "in", ramp(1))[0], SAMPLES / "MR_small_RLE.dcm"]
    seeds += [
        write_enhanced(tmp_path / "e.dcm", ramp(2), positions(2), (1, 2)),
        SAMPLES / "examples_ybr_color.dcm",
    ]
    random, refused = np.random.default_rng(0), 0
    for number in range(80):
        whole = bytearray(seeds[number % len(seeds)].read_bytes())
        for at in random.integers(0, min(len(whole), 4000), 1 + number % 7):
            whole[at] = random.integers(256)
        (tmp_path / "bad.dcm").write_bytes(whole[: len(whole) if number % 5 else len(whole) // 2])
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                for series in find_series(tmp_path / "bad.dcm"):
                    read_series(series, "bad", allow_gaps=True, max_bytes=10**8)
        except SegmemError:
            refused += 1
    assert 10 < refused < 80
