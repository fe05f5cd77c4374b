"""A folder of DICOM goes in, labels come out, and nobody is named on the way."""

import json

import numpy as np
import pytest

from dicom_made import positions, ramp, write_multiframe, write_series

NAMES = ("doe", "jane", "quirin", "pid-4711", "acc9988", "19610203")


def whole_text(folder):
    return " ".join(
        path.name + path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file()
    ).casefold()


def test_a_scan_is_asked_for_among_several_and_nobody_is_named(segmem, tmp_path, scan_weights):
    write_series(tmp_path / "DOE_JANE" / "a", ramp(4, 40, 36), series="1")
    write_series(tmp_path / "DOE_JANE" / "b", ramp(3, 40, 36), series="2")
    asked = ("predict", "-i", "DOE_JANE", "-o", "out", "-m", scan_weights, "--device", "cpu")
    listed = segmem(*asked)
    assert listed.failed_cleanly(2) and "--series NUMBER" in listed.err
    ran = segmem(*asked, "--series", "1", "--seg", "--rtstruct")
    assert ran.code == 0, ran.err
    record = json.loads((tmp_path / "out" / "manifest.json").read_text())
    name = record["cases"][0]["input"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        f"{name}.nii.gz",
        f"{name}.rtstruct.dcm",
        f"{name}.seg.dcm",
        "labels.ctbl",
        "manifest.json",
    ]
    assert not any(
        word in whole_text(tmp_path / "out") + ran.out.casefold() + ran.err.casefold() for word in NAMES
    )


def test_an_ultrasound_is_a_video(segmem, tmp_path, video_weights):
    frames = np.random.default_rng(0).integers(0, 256, (3, 60, 80, 3), dtype=np.uint8)
    write_multiframe(tmp_path / "DOE.dcm", frames, FrameTime="40")
    ran = segmem("predict", "-i", "DOE.dcm", "-o", "out", "-m", video_weights, "--device", "cpu", "--overlay")
    assert ran.code == 0, ran.err
    assert (tmp_path / "out" / "labels" / "00002.png").exists()
    record = (tmp_path / "out" / "manifest.json").read_text()
    assert json.loads(record)["cases"][0]["fps"] == 25.0
    assert "DOE" not in record


@pytest.mark.parametrize(
    ("more", "words"),
    [((), "slices are missing"), (("--allow-gaps", "-o", "x.nrrd", "--series", "9"), "no series '9'")],
)
def test_what_cannot_be_read_is_one_line(segmem, tmp_path, scan_weights, more, words):
    write_series(tmp_path / "in", ramp(3, 40, 36), positions(5)[[0, 1, 4]])
    ran = segmem("predict", "-i", "in", "-o", "out", "-m", scan_weights, *more)
    assert ran.failed_cleanly(2 if more else 3)
    assert words in ran.err
    assert not (tmp_path / "out").exists()
