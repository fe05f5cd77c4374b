import json

import pytest

from checkpoints import write_hf
from dicom_made import ramp, write_series
from footage import write_picture, write_video
from labelled import square, write_images, write_mask
from segmem.core.errors import SettingsError
from segmem.doctor.diagnose import diagnose
from sick import codes, labels, nifti, of


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda root: write_picture(root / "a.png"), "a picture"),
        (lambda root: write_video(root / "a.mkv"), "a video"),
        (lambda root: nifti(root / "a.nii.gz"), "a scan"),
        (lambda root: nifti(root / "a.nii.gz", labels()), "a label map"),
        (lambda root: write_mask(root / "a_mask.png", square(255)), "a mask"),
        (lambda root: write_series(root / "s", ramp(1))[0], "a DICOM scan"),
        (lambda root: write_series(root / "s", ramp(3))[0].parent, "a DICOM scan"),
        (lambda root: write_images(root / "d", ["a"]), "a dataset"),
        (lambda root: write_hf(root / "m"), "a model"),
        (lambda root: write_picture(root / "a.png").parent, "a folder of files"),
    ],
)
def test_each_kind_is_recognised_and_has_no_fault(tmp_path, make, kind):
    found = diagnose(make(tmp_path))
    assert found.kind == kind
    assert found.worst != "fault"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("gone.png", None, "path-missing"),
        ("a.xyz", b"\x00\x01\x02", "file-unknown"),
        ("a.txt", b"words", "file-unknown"),
        ("a.mgz", b"\x1f\x8b", "file-unknown"),
        ("a.mp4", b"<html></html>", "file-text"),
        ("a.nii.gz", b"", "file-empty"),
        ("a.pt", b"<html></html>", "weights-unreadable"),
        ("a.dcm", b"\x00" * 200, "file-refused"),
    ],
)
def test_what_is_none_of_them_is_a_fault_in_words(tmp_path, name, content, code):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert codes(diagnose(tmp_path / name).findings) == {code}


def test_an_empty_folder_and_one_without_known_files_are_faults(tmp_path):
    assert codes(diagnose(tmp_path).findings) == {"folder-empty"}
    (tmp_path / "deeper").mkdir()
    (tmp_path / "a.xyz").write_bytes(b"\x00")
    assert "folders deeper" in of(diagnose(tmp_path).findings, "folder-empty").what


def test_a_dataset_that_cannot_be_listed_says_why(tmp_path):
    write_images(tmp_path, ["a"])
    (tmp_path / "images" / "a.png").unlink()
    write_picture(tmp_path / "images" / "b.png")
    assert "no image of this name" in of(diagnose(tmp_path).findings, "dataset-refused").what


def test_a_dataset_tells_its_layout_and_checks_labels_against_the_classes_given(tmp_path):
    write_images(tmp_path, ["a"], value=3)
    found = diagnose(tmp_path, classes=("background", "tool"))
    assert found.facts["layout"] == "image_masks"
    assert "label-outside" in codes(found.findings)


def test_a_datasets_own_list_of_classes_is_used(tmp_path):
    write_images(tmp_path, ["a"], value=3)
    (tmp_path / "classes.json").write_text(json.dumps({"background": 0, "tool": 1}))
    assert codes(diagnose(tmp_path).findings) == {"label-outside", "class-empty"}


def test_a_folder_of_loose_files_tells_of_each(tmp_path):
    write_picture(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"")
    found = diagnose(tmp_path)
    assert of(found.findings, "file-empty").where == "b.png"
    assert found.facts["a picture"] == 2


def test_a_group_that_is_no_pattern_is_the_users_mistake(tmp_path):
    write_images(tmp_path, ["a"])
    with pytest.raises(SettingsError):
        diagnose(tmp_path, group="(")
