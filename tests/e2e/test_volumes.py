"""Scans as clinicians have them: outputs beside the labels, and the inputs that go wrong."""

import csv
import json

import nibabel as nib
import numpy as np
import pytest
import yaml
from PIL import Image

from command import Ran
from footage import write_picture, write_scan
from nano import nano
from scans import write_ball
from segmem.__main__ import main
from segmem.methods.load import save
from segmem.ops.intensity import IntensitySettings
from segmem.ops.volume_settings import VolumeSettings


@pytest.fixture
def segmem(tmp_path, monkeypatch, capsys):
    """The command in the test's own folder and process: many short runs, and torch is loaded once."""

    def run_here(*arguments):
        monkeypatch.chdir(tmp_path)
        code = main([str(one) for one in arguments])
        shown = capsys.readouterr()
        return Ran(code, shown.out, shown.err)

    return run_here


@pytest.fixture(scope="session")
def grid_weights(tmp_path_factory):
    """A model that works on coronal slices of 2 mm, cut to the bright part."""
    how = VolumeSettings(slices="coronal", slice_mm=2, in_plane_mm=1.5, crop="otsu", crop_margin_mm=4)
    path = tmp_path_factory.mktemp("shelf") / "grid.safetensors"
    save(nano(name="grid", input="volume", intensity=IntensitySettings(kind="percentile"), volume=how), path)
    return path


def test_a_scan_comes_back_with_its_affine_to_the_bit_and_all_that_was_asked_for(
    segmem, grid_weights, tmp_path
):
    affine = np.array([[0.0, -1.5, 0.1, 3], [1.2, 0, 0, -7], [0, 0.2, 4.0, 11], [0, 0, 0, 1]])
    scan = nib.load(write_scan(tmp_path / "s.nii.gz", (20, 24, 9), affine))
    ran = segmem(
        *("predict", "-i", "s.nii.gz", "-o", "organs.nii.gz", "-m", grid_weights),
        *("--statistics", "--preview", "--confidence", "--probabilities", "--device", "cpu"),
    )
    assert (ran.code, ran.err) == (0, "")
    found = nib.load(tmp_path / "organs.nii.gz")
    assert found.shape == scan.shape
    assert found.affine.tobytes() == scan.affine.tobytes()
    assert sorted(path.name for path in tmp_path.glob("organs*")) == [
        *("organs.confidence.nii.gz", "organs.ctbl", "organs.manifest.json", "organs.nii.gz"),
        *("organs.preview.png", "organs.probabilities.nii.gz", "organs.stats.csv"),
    ]
    values = np.asarray(found.dataobj)
    shares = nib.load(tmp_path / "organs.probabilities.nii.gz")
    assert shares.affine.tobytes() == scan.affine.tobytes()
    sure = np.asarray(nib.load(tmp_path / "organs.confidence.nii.gz").dataobj) / 255
    mine = np.take_along_axis(shares.get_fdata(), values[..., None].astype(int), axis=-1)[..., 0]
    assert np.allclose(mine, sure, atol=1e-3)
    assert np.allclose(mine, shares.get_fdata().max(axis=-1), atol=1 / 255)
    with (tmp_path / "organs.stats.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == ["shaft", "tip"]
    for row in rows:
        inside = values == int(row["class"])
        assert int(row["voxels"]) == inside.sum()
        if inside.any():
            assert float(row["mean"]) == pytest.approx(np.asarray(scan.dataobj)[inside].mean(), abs=1e-3)
    with Image.open(tmp_path / "organs.preview.png") as picture:
        assert picture.width > 600


def test_small_pieces_are_removed_by_their_millimetres(segmem, scan_weights, tmp_path):
    write_scan(tmp_path / "s.nii.gz")
    for name, option in (("all", []), ("few", ["--keep-largest"]), ("none", ["--min-volume", "900ml"])):
        ran = segmem("predict", "-i", "s.nii.gz", "-o", f"{name}.nii.gz", "-m", scan_weights, "-q", *option)
        assert (ran.code, ran.err) == (0, "")
    found = {
        name: np.asarray(nib.load(tmp_path / f"{name}.nii.gz").dataobj) for name in ("all", "few", "none")
    }
    assert (found["all"] > 0).sum() >= (found["few"] > 0).sum() > 0
    assert not found["none"].any()
    assert "nothing is left" in json.loads((tmp_path / "none.manifest.json").read_text())["warnings"][0]


@pytest.mark.parametrize("option", [("--min-volume", "5ml"), ("--keep-largest",), ("--probabilities",)])
def test_a_picture_has_no_millimetres(segmem, video_weights, tmp_path, option):
    write_picture(tmp_path / "i.png")
    ran = segmem("predict", "-i", "i.png", "-o", "out", "-m", video_weights, *option)
    assert ran.failed_cleanly(2)
    assert option[0] in ran.err and "is for scans" in ran.err
    assert not (tmp_path / "out").exists()


def test_a_volume_without_a_unit(segmem, scan_weights, tmp_path):
    write_scan(tmp_path / "s.nii.gz")
    ran = segmem("predict", "-i", "s.nii.gz", "-o", "out", "-m", scan_weights, "--min-volume", "5")
    assert ran.failed_cleanly(2)
    assert "5ml" in ran.err


@pytest.mark.parametrize("weights", ["scan_weights", "grid_weights"])
@pytest.mark.parametrize(
    ("shape", "steps"),
    [((20, 24, 1), (1.0, 1.0, 5.0)), ((30, 32, 5), (0.5, 0.5, 5.0)), ((1, 24, 20), (3.0, 1.0, 1.0))],
)
def test_one_slice_and_ten_to_one_voxels_are_segmented(segmem, request, tmp_path, weights, shape, steps):
    write_ball(tmp_path / "s.nii.gz", shape, steps)
    model = request.getfixturevalue(weights)
    ran = segmem("predict", "-i", "s.nii.gz", "-o", "o.nii.gz", "-m", model, "--statistics", "--preview")
    assert (ran.code, ran.err) == (0, "")
    assert nib.load(tmp_path / "o.nii.gz").shape == shape


@pytest.mark.parametrize(
    ("weights", "value"), [("scan_weights", -1024.0), ("grid_weights", 0.0), ("grid_weights", float("nan"))]
)
def test_an_empty_scan_gets_a_label_map_of_its_own_size(segmem, request, tmp_path, weights, value):
    empty = np.full((20, 24, 6), value, np.float32)
    nib.save(nib.Nifti1Image(empty, np.diag([1.0, 1.0, 2.0, 1.0])), tmp_path / "s.nii.gz")
    model = request.getfixturevalue(weights)
    ran = segmem("predict", "-i", "s.nii.gz", "-o", "o.nii.gz", "-m", model, "--statistics", "--preview")
    assert (ran.code, ran.err) == (0, "")
    assert nib.load(tmp_path / "o.nii.gz").shape == (20, 24, 6)
    assert "no contrast" in json.loads((tmp_path / "o.manifest.json").read_text())["warnings"][0]


def test_four_axes_are_refused_and_one_volume_is_asked_for(segmem, scan_weights, tmp_path):
    nib.save(nib.Nifti1Image(np.zeros((8, 8, 4, 3), np.int16), np.eye(4)), tmp_path / "s.nii.gz")
    ran = segmem("predict", "-i", "s.nii.gz", "-o", "o.nii.gz", "-m", scan_weights)
    assert ran.failed_cleanly(3)
    assert "(8, 8, 4, 3)" in ran.err and "Save one volume" in ran.err
    assert not (tmp_path / "o.nii.gz").exists()


def labelled(root, label: np.ndarray, affine: np.ndarray | None = None) -> None:
    """A data folder with two scans of 1 x 1 x 2 mm; `label` and its affine are the second one's."""
    at = np.diag([1.0, 1.0, 2.0, 1.0])
    for folder in ("images", "labels"):
        (root / folder).mkdir(parents=True)
    for name in ("a", "b"):
        write_ball(root / "images" / f"{name}.nii.gz", (16, 16, 6), (1.0, 1.0, 2.0))
    good = np.zeros((16, 16, 6), np.uint8)
    good[4:9, 4:9, 2:4] = 1
    nib.save(nib.Nifti1Image(good, at), root / "labels" / "a.nii.gz")
    nib.save(nib.Nifti1Image(label, at if affine is None else affine), root / "labels" / "b.nii.gz")


GOOD = np.zeros((16, 16, 6), np.uint8)
TINY = ("--set", "model.input=volume", "--set", "stages=[{name: base, steps: 2, batch: 2}]")
SCANS = ("--set", "data={sources: [{path: .}]}", "--set", "model.intensity={kind: percentile}")


@pytest.mark.parametrize(
    ("label", "affine", "told"),
    [
        (GOOD, np.diag([1.0, 1.0, 2.5, 1.0]), "along superior (S)"),
        (GOOD, np.array([[1.0, 0, 0, 3], [0, 1, 0, 0], [0, 0, 2, 0], [0, 0, 0, 1]]), "3 mm along right (R)"),
        (GOOD[:, :, :5], None, "along superior (S) the scan has 6 voxels (12 mm), the label map 5 (10 mm)"),
        (GOOD + 7, None, "label 7"),
    ],
    ids=["spacing", "place", "size", "class"],
)
def test_labels_on_another_grid_or_of_another_class_are_refused(segmem, tmp_path, label, affine, told):
    labelled(tmp_path / "d", label, affine)
    ran = segmem("train", "-d", "d", "-o", "run", "--preset", "nano", *TINY, *SCANS)
    assert ran.failed_cleanly(3), ran.err
    assert told in ran.err
    assert not (tmp_path / "run" / "model.safetensors").exists()


def test_spacing_comes_from_the_data_and_a_class_that_no_case_shows_is_scored_as_absent(segmem, tmp_path):
    labelled(tmp_path / "d", GOOD)  # the second scan has no label at all, and nobody has a manipulator
    grid = ("--set", "model.volume={slices: coronal, spacing: data}", "--set", "model.fit.longest=null")
    ran = segmem("train", "-d", "d", "-o", "run", "--preset", "nano", *TINY, *SCANS, *grid)
    assert ran.code == 0, ran.err
    assert "spacing of 2 training scans: slices 1 mm apart, pixels 1.5 mm" in ran.err
    chosen = yaml.safe_load((tmp_path / "run" / "settings.yaml").read_text())["model"]["volume"]
    assert (chosen["spacing"], chosen["slice_mm"], chosen["in_plane_mm"]) == ("given", 1.0, 1.5)
    ran = segmem("evaluate", "-m", "run", "-d", "d", "-o", "scores", "--no-report", "--workers", "1")
    assert ran.code == 0, ran.err
    with (tmp_path / "scores" / "metrics.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if "manipulator" in row.values()]
    assert rows
