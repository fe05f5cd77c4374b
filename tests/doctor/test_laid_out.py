import json
import shutil
from pathlib import Path

from footage import write_picture
from labelled import write_images
from segmem.doctor.finding import Looked
from segmem.doctor.laid_out import examine
from sick import codes, of


def looked(root: Path, classes: tuple[str, ...] = ()) -> Looked:
    found = examine(root, classes, None)
    assert found is not None
    return found


def test_a_dataset_that_cannot_be_listed_says_why(tmp_path):
    write_images(tmp_path, ["a"])
    (tmp_path / "images" / "a.png").unlink()
    write_picture(tmp_path / "images" / "b.png")
    assert "no image of this name" in of(looked(tmp_path).findings, "dataset-refused").what


def test_a_dataset_tells_its_layout_and_checks_labels_against_the_classes_given(tmp_path):
    write_images(tmp_path, ["a"], value=3)
    found = looked(tmp_path, ("background", "tool"))
    assert found.facts["layout"].startswith("image_masks")
    assert "label-outside" in codes(found.findings)


def test_a_datasets_own_list_of_classes_is_used(tmp_path):
    write_images(tmp_path, ["a"], value=3)
    (tmp_path / "classes.json").write_text(json.dumps({"background": 0, "tool": 1}))
    assert codes(looked(tmp_path).findings) == {"label-outside", "class-empty"}


def test_folders_of_splits_are_one_dataset_and_a_case_in_both_is_a_leak(tmp_path):
    write_images(tmp_path / "train", ["a", "b"])
    write_images(tmp_path / "test", ["b"])
    shutil.copy(tmp_path / "train" / "images" / "a.png", tmp_path / "test" / "images" / "b.png")
    found = looked(tmp_path)
    assert of(found.findings, "leak-group").where == "b"
    assert found.facts["read"] == 3
    assert "test: image_masks" in found.facts["layout"]
    shutil.move(tmp_path / "test" / "images" / "b.png", tmp_path / "test" / "images" / "c.png")
    shutil.move(tmp_path / "test" / "masks" / "b.png", tmp_path / "test" / "masks" / "c.png")
    found = looked(tmp_path)
    assert "test/c and train/a" in of(found.findings, "leak-duplicate").what


def test_a_folder_without_a_layout_is_no_dataset(tmp_path):
    write_picture(tmp_path / "a.png")
    assert examine(tmp_path, (), None) is None
