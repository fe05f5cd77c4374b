"""`segmem predict --confidence` says how sure the model is, and leaves no map that is about other labels."""

import csv
import signal
import time

import nibabel as nib
import numpy as np
from PIL import Image

from command import begin
from footage import write_picture, write_scan, write_video


def grey(path):
    with Image.open(path) as image:
        assert image.mode == "L"
        return np.array(image)


def test_a_video_has_a_map_for_each_frame(segmem, video_weights, tmp_path):
    write_video(tmp_path / "v.mkv", 4)
    arguments = ("predict", "-i", "v.mkv", "-o", "out", "-m", video_weights)
    assert segmem(*arguments, "--confidence").code == 0
    out = tmp_path / "out"
    assert sorted(path.name for path in (out / "confidence").iterdir()) == [f"{t:05d}.png" for t in range(4)]
    with (out / "frames.csv").open() as file:
        told = {(row["frame"], row["class"]): row for row in csv.DictReader(file)}
    with Image.open(out / "labels" / "00002.png") as image:
        labels = np.array(image)
    found = [number for number in (1, 2) if (labels == number).any()]
    for number in found:
        mean = grey(out / "confidence" / "00002.png")[labels == number].mean() / 255
        assert abs(mean - float(told["2", str(number)]["confidence"])) < 0.002
    assert found

    assert segmem(*arguments).code == 0
    assert not (out / "confidence").exists()


def test_an_interrupted_run_ends_where_an_unbroken_one_would(segmem, video_weights, tmp_path):
    write_video(tmp_path / "v.mkv", 200)
    arguments = ("predict", "-i", "v.mkv", "-m", video_weights, "--precision", "float32", "--confidence")
    started = begin(tmp_path, *arguments, "-o", "out")
    maps = tmp_path / ".out.partial" / "confidence"
    while started.poll() is None and len(list(maps.glob("*.png"))) < 5:
        time.sleep(0.01)
    started.send_signal(signal.SIGINT)
    started.communicate()
    assert started.returncode == 5
    assert segmem(*arguments, "-o", "out", "--resume").code == 0
    assert segmem(*arguments, "-o", "whole").code == 0
    both = [
        {path.name: path.read_bytes() for path in (tmp_path / name / "confidence").iterdir()}
        for name in ("out", "whole")
    ]
    assert len(both[0]) == 200
    assert both[0] == both[1]


def test_a_scan_on_its_grid_and_an_image(segmem, scan_weights, video_weights, tmp_path):
    affine = np.array([[-0.9, 0.1, 0, 12.5], [0.1, 0.9, 0, -3], [0, 0, 3.3, 7], [0, 0, 0, 1]])
    write_scan(tmp_path / "s.nii.gz", affine=affine)
    assert segmem("predict", "-i", "s.nii.gz", "-o", "l.nii.gz", "-m", scan_weights, "--confidence").code == 0
    labels, sure = (nib.load(tmp_path / name) for name in ("l.nii.gz", "l.confidence.nii.gz"))
    assert sure.shape == labels.shape
    assert np.array_equal(sure.affine, labels.affine)
    assert np.asarray(sure.dataobj).dtype == np.uint8
    assert np.asarray(sure.dataobj).min() >= 255 // 3  # the best of three classes
    assert segmem("predict", "-i", "s.nii.gz", "-o", "l.nii.gz", "-m", scan_weights).code == 0
    assert not (tmp_path / "l.confidence.nii.gz").exists()

    write_picture(tmp_path / "p.png")
    assert segmem("predict", "-i", "p.png", "-o", "m.png", "-m", video_weights, "--confidence").code == 0
    assert grey(tmp_path / "m.confidence.png").shape == (60, 90)


def test_resuming_with_it_does_again_what_was_done_without(segmem, video_weights, tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("a", "b"):
        write_video(tmp_path / "in" / f"{name}.mkv", 3)
    arguments = ("predict", "-i", "in", "-o", "out", "-m", video_weights, "--resume")
    assert segmem(*arguments).code == 0
    assert segmem(*arguments, "--confidence").code == 0
    assert (tmp_path / "out" / "a" / "confidence" / "00002.png").is_file()
    before = (tmp_path / "out" / "a" / "manifest.json").read_bytes()
    assert segmem(*arguments, "--confidence").code == 0
    assert (tmp_path / "out" / "a" / "manifest.json").read_bytes() == before
