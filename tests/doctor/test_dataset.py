import json
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from footage import write_picture
from labelled import write_images, write_mask, write_video_case
from segmem.data.layouts import raw_cases
from segmem.doctor.dataset import examine
from segmem.doctor.finding import Looked, worst
from sick import codes, labels, nifti, of


def looked(root: Path, classes: tuple[str, ...] = (), group: str | None = None) -> Looked:
    return examine(root, raw_cases(root, group=group), classes)


def different(root: Path, names: list[str], value: int = 1) -> Path:
    """Images that do not look alike, with masks."""
    write_images(root, names, value)
    rng = np.random.default_rng(0)
    for name in names:
        coarse = rng.integers(0, 255, (9, 12, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((64, 48), Image.Resampling.BICUBIC).save(
            root / "images" / f"{name}.png"
        )
    return root


def test_a_sound_dataset_has_facts_and_no_finding(tmp_path):
    facts, found = looked(different(tmp_path, ["a", "b"]), ("background", "tool"))
    assert found == []
    assert facts["kinds"] == {"image": 2}
    assert (facts["groups"], facts["labelled"]) == (2, 2)
    assert list(facts["labels"]) == ["0 background", "1 tool"]


def test_a_label_outside_the_list_names_value_case_and_count(tmp_path):
    different(tmp_path, ["a", "b"])
    write_mask(tmp_path / "masks" / "b.png", np.full((48, 64), 7))
    found = of(looked(tmp_path, ("background", "tool")).findings, "label-outside")
    assert found.where == "b"
    assert "7 (3072 pixels)" in found.what


def test_an_image_without_a_label_is_named(tmp_path):
    different(tmp_path, ["a"])
    write_picture(tmp_path / "images" / "extra.png", seed=3)
    assert of(looked(tmp_path).findings, "image-without-label").where == "images/extra.png"


def test_a_case_that_cannot_be_read_is_a_fault_and_the_others_are_looked_at(tmp_path):
    different(tmp_path, ["a", "b", "c"])
    write_mask(tmp_path / "masks" / "a.png", np.zeros((20, 20)))
    (tmp_path / "images" / "b.png").write_bytes(b"\x89PNG broken \x00\x01")
    facts, found = looked(tmp_path)
    assert of(found, "case-refused").where == "a"
    assert "one grid" in of(found, "case-refused").what
    assert of(found, "file-refused").where == "images/b.png"
    assert facts["read"] == 1


def test_why_a_videos_masks_cannot_be_read_is_told_by_file(tmp_path):
    write_video_case(tmp_path / "v")
    colours = np.zeros((48, 64, 3), np.uint8)
    colours[:9] = (0, 255, 0)
    Image.fromarray(colours).save(tmp_path / "v" / "masks" / "00001.png")
    found = of(looked(tmp_path).findings, "label-colour")
    assert found.where == str(Path("v") / "masks" / "00001.png")


def test_foreground_of_255_in_a_video_is_told_once(tmp_path):
    write_video_case(tmp_path / "v")
    for path in (tmp_path / "v" / "masks").glob("*.png"):
        write_mask(path, np.eye(48, 64) * 255)
    found = of(looked(tmp_path, ("background", "tool")).findings, "label-255")
    assert (found.where, found.fix) == ("v", False)


def test_pixels_to_ignore_beside_labels_are_told(tmp_path):
    nifti(tmp_path / "imagesTr" / "x_001_0000.nii.gz")
    partial = labels()
    partial[5] = 2
    nifti(tmp_path / "labelsTr" / "x_001.nii.gz", partial)
    listed = {
        "channel_names": {"0": "CT"},
        "labels": {"background": 0, "liver": 1, "ignore": 2},
        "numTraining": 1,
        "file_ending": ".nii.gz",
    }
    (tmp_path / "dataset.json").write_text(json.dumps(listed))
    assert "35 pixels have the value 2" in of(looked(tmp_path).findings, "label-ignored-in-part").what


def test_a_planted_copy_is_found_and_across_splits_it_is_a_fault(tmp_path):
    different(tmp_path, ["a", "b", "c"])
    for folder in ("images", "masks"):
        shutil.copy(tmp_path / folder / "a.png", tmp_path / folder / "z.png")
    found = looked(tmp_path).findings
    assert codes(found) == {"near-duplicate"}
    (tmp_path / "splits.json").write_text(json.dumps({"train": ["a", "b"], "test": ["z", "c"]}))
    assert codes(looked(tmp_path).findings) == {"leak-duplicate"}


def test_a_patient_in_both_splits_is_a_fault(tmp_path):
    different(tmp_path, ["p1_a", "p1_b", "p2_a"])
    (tmp_path / "splits.json").write_text(json.dumps({"train": ["p1_a", "p2_a"], "test": ["p1_b"]}))
    assert codes(looked(tmp_path, group=r"^(p\d)").findings) == {"leak-group"}


def test_real_images_have_no_fault_and_a_planted_copy_is_found(data_root, tmp_path):
    source = data_root / "endo_kvasir"
    assert worst(looked(source).findings) != "fault"
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
        for path in sorted((source / folder).iterdir())[:10]:
            shutil.copy(path, tmp_path / folder / path.name)
    first = sorted((tmp_path / "images").iterdir())[0]
    smaller = Image.open(first).convert("RGB")
    smaller.resize((smaller.width * 2 // 3, smaller.height * 2 // 3)).save(
        tmp_path / "images" / "copy.jpg", quality=70
    )
    mask = Image.open(tmp_path / "masks" / f"{first.stem}.png")
    mask.resize((smaller.width * 2 // 3, smaller.height * 2 // 3), Image.Resampling.NEAREST).save(
        tmp_path / "masks" / "copy.png"
    )
    found = of(looked(tmp_path).findings, "near-duplicate")
    assert first.stem in found.what
    assert "copy" in found.what


def test_real_scans_have_no_fault(data_root, tmp_path):
    source = data_root / "mr_hippocampus"
    for folder in ("images", "labels"):
        (tmp_path / folder).mkdir()
        for path in sorted((source / folder).iterdir())[:8]:
            shutil.copy(path, tmp_path / folder / path.name)
    facts, found = looked(tmp_path, ("background", "anterior", "posterior"))
    assert worst(found) == "note"
    assert facts["read"] == 8


def test_two_times_of_one_heart_are_near_duplicates_until_they_are_one_group(data_root, tmp_path):
    source = data_root / "mr_acdc"
    for folder in ("images", "labels"):
        (tmp_path / folder).mkdir()
        for path in sorted((source / folder).glob("patient00[1-3]_*")):
            shutil.copy(path, tmp_path / folder / path.name)
    assert "near-duplicate" in codes(looked(tmp_path).findings)
    assert "near-duplicate" not in codes(looked(tmp_path, group=r"(patient\d+)").findings)


def test_a_real_video_has_no_fault(data_root, tmp_path):
    source = data_root / "video_endovis15_robotic" / "dataset1"
    (tmp_path / "v" / "masks").mkdir(parents=True)
    (tmp_path / "v" / "video.avi").write_bytes((source / "video.avi").read_bytes()[:600_000])
    for path in sorted((source / "masks").iterdir(), key=lambda p: int(p.stem))[:30]:
        shutil.copy(path, tmp_path / "v" / "masks" / path.name)
    facts, found = looked(tmp_path)
    assert codes(found) <= {"video-damaged", "class-gap"}
    assert worst(found) == "warning"
    assert facts["labelled"] == 30
