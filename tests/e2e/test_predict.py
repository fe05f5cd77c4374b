"""`segmem predict` keeps its promises about what it leaves, on a real video and on made ones."""

import csv
import json
import os
import pty
from hashlib import sha256

import nibabel as nib
import numpy as np
from PIL import Image

from command import begin
from footage import write_picture, write_scan, write_video


def test_a_real_video(segmem, video_weights, data_root, tmp_path):
    video = data_root / "video_endovis15_robotic" / "dataset1" / "video.avi"
    ran = segmem("predict", "-i", video, "-o", "out", "-m", video_weights)
    assert (ran.code, ran.err) == (0, "")
    assert "370 frames" in ran.out
    assert "out" in ran.out
    pngs = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.png"))
    assert pngs == [f"out/labels/{index:05d}.png" for index in range(370)]
    for index in (0, 369):
        with Image.open(tmp_path / "out" / "labels" / f"{index:05d}.png") as image:
            assert (image.mode, image.size) == ("P", (720, 576))


def test_a_made_video_leaves_what_the_contract_says(segmem, video_weights, tmp_path):
    video = write_video(tmp_path / "a video.mkv", 5, size=(61, 87))
    ran = segmem("predict", "-i", video, "-o", "out/deep", "-m", video_weights, "--overlay", "--json")
    assert (ran.code, ran.err) == (0, "")
    told = json.loads(ran.out)
    assert told["output"] == "out/deep"
    out = tmp_path / "out" / "deep"
    assert sorted(path.name for path in out.iterdir()) == [
        "frames.csv",
        "labels",
        "manifest.json",
        "overlay.mp4",
    ]
    with (out / "frames.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 5 * 2
    with Image.open(out / "labels" / "00003.png") as image:
        labels = np.array(image)
    assert labels.shape == (61, 87)
    areas = [int(row["area_px"]) for row in rows if row["frame"] == "3"]
    assert areas == [int((labels == number).sum()) for number in (1, 2)]
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["weights_sha256"] == sha256(video_weights.read_bytes()).hexdigest()
    assert manifest["command"][:2] == ["segmem", "predict"]
    assert manifest["versions"].keys() >= {"segmem", "torch", "python"}
    assert manifest["timings"]["share"].keys() == {"decode", "encode", "memory", "head", "write"}


def test_a_scan_comes_back_on_its_own_grid(segmem, scan_weights, tmp_path):
    affine = np.array([[-0.9, 0.1, 0, 12.5], [0.1, 0.9, 0, -3], [0, 0, 3.3, 7], [0, 0, 0, 1]])
    scan = nib.load(write_scan(tmp_path / "DOE JANE.nii.gz", affine=affine))
    ran = segmem("predict", "-i", "DOE JANE.nii.gz", "-o", "seg.nii.gz", "-m", scan_weights)
    assert (ran.code, ran.err) == (0, "")
    assert sorted(path.name for path in tmp_path.glob("seg*")) == [
        "seg.ctbl",
        "seg.manifest.json",
        "seg.nii.gz",
    ]
    found = nib.load(tmp_path / "seg.nii.gz")
    assert found.shape == scan.shape
    assert found.affine.tobytes() == scan.affine.tobytes()


def test_pictures_are_cases_flat_in_the_folder(segmem, video_weights, tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("left.png", "right.png"):
        write_picture(tmp_path / "in" / name)
    ran = segmem("predict", "-i", "in/*.png", "-o", "out", "-m", video_weights, "--quiet")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "left.png",
        "manifest.json",
        "right.png",
    ]


def test_a_terminal_gets_a_bar_with_frames_rate_and_time_to_go(video_weights, tmp_path):
    write_video(tmp_path / "v.mkv", 40)
    ours, theirs = pty.openpty()
    started = begin(tmp_path, "predict", "-i", "v.mkv", "-o", "out", "-m", video_weights, err=theirs)
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # the terminal is closed
            break
        if not part:
            break
        shown += part
    out, _ = started.communicate()
    os.close(ours)
    assert started.returncode == 0
    assert "40 frames" in out
    for word in (b"/40", b"frames", b"FPS", b"ETA"):
        assert word in shown
