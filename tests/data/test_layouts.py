import pytest

from labelled import write_images, write_scans, write_video_case
from segmem.core.errors import InputError, SettingsError
from segmem.data.layouts import find_labelled


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
