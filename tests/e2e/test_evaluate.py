"""`segmem evaluate` with what people really have: each bad thing named, the rest measured, exit code 3."""

import csv
import json
import shutil

import nibabel as nib
import numpy as np
import pytest

from labelled import square, write_images, write_mask, write_scans, write_video_case

NAMED = ("--classes", "background,one,two", "--no-report", "--workers", "1")


@pytest.fixture
def images(tmp_path):
    """Five images and right predictions."""
    names = ["a", "b", "c", "d", "e"]
    write_images(tmp_path / "data", names)
    (tmp_path / "found").mkdir()
    for name in names:
        write_mask(tmp_path / "found" / f"{name}.png", square())
    return tmp_path


def evaluated(segmem, *more):
    return segmem("evaluate", "-p", "found", "-d", "data", "-o", "out", *NAMED, *more)


def test_each_bad_case_is_named_and_the_rest_is_measured(segmem, images):
    found = images / "found"
    (found / "a.png").unlink()
    write_mask(found / "b.png", square(size=(20, 30)))
    write_mask(found / "c.png", square(7))
    (found / "d.png").write_bytes(b"<html>")
    write_mask(found / "zebra.png", square())
    ran = evaluated(segmem)
    assert ran.code == 3
    assert "Traceback" not in ran.err
    lines = ran.complaints
    assert [line.split(" failed")[0].split(":")[1].strip() for line in lines] == ["a", "b", "c", "d", "zebra"]
    for said, line in zip(
        ("no prediction", "(20, 30)", "label 7", "d.png", "without a case"), lines, strict=True
    ):
        assert said in line
    with (images / "out" / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["case"] for row in rows} == {"e"}
    told = json.loads((images / "out" / "summary.json").read_text())
    assert len(told["faults"]) == 5


def test_unknown_values_of_the_truth_are_named_with_the_remedy(segmem, images):
    write_mask(images / "data" / "masks" / "a.png", square(255))
    ran = evaluated(segmem)
    assert ran.code == 3
    assert "--label-map 255=1" in ran.err
    assert evaluated(segmem, "--label-map", "255=1").code == 0


def test_nothing_to_measure_is_one_line(segmem, images):
    assert segmem("evaluate", "-p", "gone", "-d", "data", "-o", "out", *NAMED).failed_cleanly(3)
    (images / "empty").mkdir()
    assert segmem("evaluate", "-p", "empty", "-d", "data", "-o", "out", *NAMED).failed_cleanly(3)
    assert segmem("evaluate", "-p", "found", "-d", "empty", "-o", "out", *NAMED).failed_cleanly(3)
    assert segmem("evaluate", "-d", "data", "-o", "out", *NAMED).failed_cleanly(2)
    assert segmem("evaluate", "-p", "found", "-d", "data", "-o", "out").failed_cleanly(
        2
    )  # no names of classes
    assert evaluated(segmem, "--only", "nobody").failed_cleanly(2)
    assert evaluated(segmem, "--tolerance", "lung=3").failed_cleanly(2)
    assert evaluated(segmem, "--flow", "farneback").code == 2


def test_pictures_for_scans_and_scans_on_another_grid(segmem, tmp_path):
    write_scans(tmp_path / "data", ["a", "b", "c"])
    (tmp_path / "found").mkdir()
    shutil.copy(tmp_path / "data" / "labels" / "a.nii.gz", tmp_path / "found")
    write_mask(tmp_path / "found" / "b.png", square())
    turned = nib.load(tmp_path / "data" / "labels" / "c.nii.gz")
    nib.save(
        nib.Nifti1Image(np.asarray(turned.dataobj).transpose(1, 0, 2).copy(), turned.affine),
        tmp_path / "found" / "c.nii.gz",
    )
    ran = evaluated(segmem)
    assert ran.code == 3
    assert "Traceback" not in ran.err
    first, second = ran.complaints
    assert "b failed" in first
    assert "c failed" in second
    told = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert [case["case"] for case in told["cases"]] == ["a"]


def test_a_video_that_misses_labelled_frames(segmem, tmp_path):
    for name in ("op1", "op2"):
        write_video_case(tmp_path / "data" / name, frames=4, labelled=range(4))
        shutil.copytree(tmp_path / "data" / name / "masks", tmp_path / "found" / name)
    (tmp_path / "found" / "op2" / "00003.png").unlink()
    ran = evaluated(segmem)
    assert ran.code == 3
    assert "1 labelled frames have no prediction, the first is 3" in ran.err
    told = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert [case["case"] for case in told["cases"]] == ["op1"]
    assert any(entry["metric"].startswith("TC (DIS fast") for entry in told["metrics"])


def test_one_json_object_and_nothing_else(segmem, images):
    ran = evaluated(segmem, "--json")
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out)["runs"]["found"][0]["metric"] == "dice"


def test_a_real_video(segmem, data_root, tmp_path):
    """Truth against itself is perfect, and as steady as it is."""
    data = data_root / "video_endovis15_robotic" / "dataset1"
    ran = segmem(
        *("evaluate", "-p", data / "masks", "-d", data, "-o", "out", "--no-report", "--no-surfaces"),
        *("--classes", "background,shaft a,tip a,shaft b,tip b"),
    )
    assert ran.code == 0, ran.err
    told = {
        (e["metric"], e["class"]): e["mean"]
        for e in json.loads((tmp_path / "out" / "summary.json").read_text())["metrics"]
    }
    assert told["dice", "mean of classes"] == 1
    (name,) = [metric for metric, of in told if metric.endswith("25 fps)") and of == "mean of classes"]
    assert told[name, "mean of classes"] > 0.9
    assert told[f"{name} gap", "mean of classes"] == 0
