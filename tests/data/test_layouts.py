import pytest

from datasets import write_acdc
from labelled import write_images, write_scans, write_video_case
from segmem.core.errors import InputError, SettingsError
from segmem.data.class_names import write_class_names
from segmem.data.layouts import class_names, find_labelled, recognise


def test_each_layout_is_recognised(tmp_path):
    write_video_case(tmp_path / "video" / "one")
    write_images(tmp_path / "images", ["b", "a"])
    write_scans(tmp_path / "scans", ["s"])
    kinds = {
        name: [case.kind for case in find_labelled(tmp_path / name)] for name in ("video", "images", "scans")
    }
    assert kinds == {"video": ["video"], "images": ["image", "image"], "scans": ["volume"]}


def test_cases_come_in_the_order_of_their_names(tmp_path):
    assert [case.name for case in find_labelled(write_images(tmp_path, ["b", "a", "c"]))] == ["a", "b", "c"]


def test_an_unknown_folder_is_told_what_was_expected(tmp_path):
    with pytest.raises(InputError, match=r"Expected video\.\* beside masks/.*labels/\*\.nii\.gz"):
        find_labelled(tmp_path)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(InputError, match="nowhere: no such folder"):
        find_labelled(tmp_path / "nowhere")


def test_an_unknown_layout_names_the_nearest(tmp_path):
    with pytest.raises(SettingsError, match="Did you mean 'video_masks'"):
        find_labelled(tmp_path, "video_mask")


def test_a_layout_that_is_not_there_finds_nothing(tmp_path):
    with pytest.raises(InputError, match="in the layout 'video_masks'"):
        find_labelled(write_images(tmp_path, ["a"]), "video_masks")


def test_the_real_folders_are_recognised(data_root):
    found = {
        name: find_labelled(data_root / name, group=group)
        for name, group in [
            ("video_endovis15_robotic", None),
            ("lap_endovis15_rigid", r"(OP\d+)_"),
            ("mr_acdc", r"(patient\d+)"),
        ]
    }
    assert [case.name for case in found["video_endovis15_robotic"]] == ["dataset1", "dataset3"]
    assert {case.group for case in found["lap_endovis15_rigid"]} == {"OP1", "OP2"}
    assert len({case.group for case in found["mr_acdc"]}) == 18


def test_what_a_folder_was_taken_for_and_why_is_told(tmp_path):
    taken = recognise(write_images(tmp_path, ["a", "b"]))
    assert (taken.layout, taken.why) == ("image_masks", "2 files masks/*.png beside images/")


def test_near_misses_are_told_with_what_they_lack(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "JPEGImages").mkdir()
    with pytest.raises(
        InputError, match=r"Nearest: davis \(has JPEGImages/.*image_masks \(has images/, but not"
    ):
        find_labelled(tmp_path)


def test_a_link_that_leads_out_of_the_data_is_refused(tmp_path):
    root = write_images(tmp_path / "data", ["a"])
    (root / "masks" / "a.png").rename(tmp_path / "a.png")
    (root / "masks" / "a.png").symlink_to(tmp_path / "a.png")
    with pytest.raises(InputError, match="is a link that leads out of"):
        find_labelled(root)


def test_two_cases_of_one_name_are_refused(tmp_path):
    for part in ("training", "testing"):
        write_acdc(tmp_path / part, [1])
    with pytest.raises(InputError, match="two cases are called 'patient001_frame01'"):
        find_labelled(tmp_path)


def test_names_of_classes_come_from_the_layout_or_the_folder(tmp_path):
    assert class_names(write_acdc(tmp_path / "acdc"))[3] == "left ventricle"
    write_class_names(write_images(tmp_path / "own", ["a"]), {0: "background", 1: "polyp"})
    assert class_names(tmp_path / "own") == {0: "background", 1: "polyp"}


def test_a_folder_of_datasets_asks_which_one_is_meant(tmp_path):
    write_images(tmp_path / "polyps", ["a"])
    with pytest.raises(InputError, match=r"Is it one of its folders \(polyps\)\?"):
        recognise(tmp_path)
