"""Each thing that goes wrong: one clear line, its exit code, no traceback, nothing half-written."""

import json

import numpy as np
import pytest

from footage import write_picture, write_scan, write_video


def test_a_missing_file(segmem, video_weights, tmp_path):
    ran = segmem("predict", "-i", "nowhere.mp4", "-o", "out", "-m", video_weights)
    assert ran.failed_cleanly(3)
    assert "nowhere.mp4 does not exist" in ran.err
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder(segmem, video_weights, tmp_path):
    (tmp_path / "empty").mkdir()
    ran = segmem("predict", "-i", "empty", "-o", "out", "-m", video_weights)
    assert ran.failed_cleanly(3)
    assert "empty" in ran.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("content", "told"), [(b"", "0 bytes"), (b"These are my notes.\n" * 50, "text"), (bytes(5000), "video")]
)
def test_a_file_that_is_no_video(segmem, video_weights, tmp_path, content, told):
    (tmp_path / "v.mp4").write_bytes(content)
    ran = segmem("predict", "-i", "v.mp4", "-o", "out", "-m", video_weights)
    assert ran.failed_cleanly(3)
    assert "v.mp4" in ran.err
    assert told in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["v.mp4"]


def test_a_truncated_video_gives_its_good_frames_and_says_how_many(segmem, video_weights, tmp_path):
    path = write_video(tmp_path / "v.avi", 30)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    ran = segmem("predict", "-i", "v.avi", "-o", "out", "-m", video_weights)
    assert ran.failed_cleanly(3)
    good = len(list((tmp_path / "out" / "labels").iterdir()))
    assert 0 < good < 30
    assert f"{good} " in ran.err
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert str(good) in manifest["cases"][0]["damage"]


def test_a_scan_with_a_singular_affine(segmem, scan_weights, tmp_path):
    import nibabel as nib

    header = nib.Nifti1Header()
    header.set_data_shape((4, 4, 4))
    header.set_data_dtype(np.int16)
    image = nib.Nifti1Image(np.zeros((4, 4, 4), np.int16), None, header)
    image.header["sform_code"] = 1
    nib.save(image, tmp_path / "s.nii.gz")
    ran = segmem("predict", "-i", "s.nii.gz", "-o", "out", "-m", scan_weights)
    assert ran.failed_cleanly(3)
    assert "affine" in ran.err
    assert not (tmp_path / "out" / "s.nii.gz").exists()


def test_an_output_that_cannot_be_written(segmem, video_weights, tmp_path):
    write_picture(tmp_path / "i.png")
    (tmp_path / "file").write_text("a file")
    ran = segmem("predict", "-i", "i.png", "-o", "file/out", "-m", video_weights)
    assert ran.failed_cleanly(4)
    assert "file/out cannot be written" in ran.err


def test_an_unknown_model_suggests_the_nearest(segmem, tmp_path):
    write_picture(tmp_path / "i.png")
    ran = segmem("predict", "-i", "i.png", "-o", "out", "-m", "tmam-endovis")
    assert ran.failed_cleanly(2)
    assert "Did you mean 'tmam-endovis15'?" in ran.err


def test_a_scan_without_a_model_lists_those_for_scans(segmem, tmp_path):
    write_scan(tmp_path / "s.nii.gz")
    ran = segmem("predict", "-i", "s.nii.gz", "-o", "out")
    assert ran.failed_cleanly(2)
    assert "tmam-hippocampus" in ran.err
    assert "tmam-endovis15" not in ran.err


def test_weights_that_are_no_model(segmem, tmp_path):
    write_picture(tmp_path / "i.png")
    (tmp_path / "w.safetensors").write_text("<html>404</html>")
    ran = segmem("predict", "-i", "i.png", "-o", "out", "-m", "w.safetensors")
    assert ran.failed_cleanly(3)
    assert "w.safetensors" in ran.err


def test_an_unknown_option(segmem):
    ran = segmem("predict", "--overlai")
    assert ran.failed_cleanly(2)


def test_a_traceback_only_where_it_is_asked_for(segmem, tmp_path):
    ran = segmem("predict", "-i", "nowhere.mp4", "-o", "out", "--debug")
    assert ran.code == 3
    assert "Traceback" in ran.err
    assert ran.err.splitlines()[-1].startswith("segmem: nowhere.mp4 does not exist")


def test_of_several_cases_a_bad_one_is_told_and_the_rest_go_on(segmem, scan_weights, tmp_path):
    (tmp_path / "scans").mkdir()
    for name in ("a", "c"):
        write_scan(tmp_path / "scans" / f"{name}.nii.gz")
    (tmp_path / "scans" / "b.nii.gz").write_bytes(b"half")
    ran = segmem("predict", "-i", "scans", "-o", "out", "-m", scan_weights)
    assert ran.failed_cleanly(3)
    assert "b.nii.gz failed" in ran.err
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["a.nii.gz", "c.nii.gz", "labels.ctbl", "manifest.json"]
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert [failure["input"] for failure in manifest["failures"]] == ["b.nii.gz"]
