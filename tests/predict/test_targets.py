from pathlib import Path

import pytest

from footage import write_picture
from segmem.core.errors import OutputError, UsageError
from segmem.io.case import Case
from segmem.predict.targets import require_room, require_writable, targets

VIDEO = Case("v", "video", "video", (Path("in/v.mp4"),))
OTHER = Case("w", "video", "video", (Path("in/w.mp4"),))
IMAGE = Case("i", "image", "image", (Path("in/i.jpg"),))


def scan(name):
    return Case(name.split(".")[0], "volume", "volume", (Path("in") / name,))


def test_one_video_fills_the_folder(tmp_path):
    found = targets([VIDEO], tmp_path / "out")
    assert [target.path for target in found.each] == [tmp_path / "out"]
    assert found.manifest == tmp_path / "out" / "manifest.json"


def test_several_videos_get_a_subfolder_each(tmp_path):
    found = targets([VIDEO, OTHER], tmp_path / "out")
    assert [target.path for target in found.each] == [tmp_path / "out" / "v", tmp_path / "out" / "w"]
    assert found.manifest == tmp_path / "out" / "manifest.json"


@pytest.mark.parametrize(
    ("given", "written"),
    [("s.nii.gz", "s.nii.gz"), ("s.nii", "s.nii.gz"), ("s.nrrd", "s.nrrd"), ("s.mha", "s.mha")],
)
def test_a_scan_keeps_its_name_and_family(tmp_path, given, written):
    assert targets([scan(given)], tmp_path).each[0].path == tmp_path / written


def test_images_lie_flat_as_png(tmp_path):
    assert targets([IMAGE], tmp_path / "out").each[0].path == tmp_path / "out" / "i.png"


@pytest.mark.parametrize("name", ["out", "out.v2", "results_1.5"])
def test_a_suffix_that_is_no_format_is_a_folder_s(tmp_path, name):
    assert targets([IMAGE], tmp_path / name).each[0].path == tmp_path / name / "i.png"


def test_one_file_for_one_scan_has_its_manifest_beside_it(tmp_path):
    found = targets([scan("s.nii.gz")], tmp_path / "seg.nii.gz")
    assert found.each[0].path == tmp_path / "seg.nii.gz"
    assert found.manifest == tmp_path / "seg.manifest.json"


@pytest.mark.parametrize(
    ("cases", "out"),
    [
        ([VIDEO], "out.mp4"),
        ([VIDEO], "out.png"),
        ([IMAGE], "out.nii.gz"),
        ([IMAGE], "out.jpg"),
        ([scan("s.nii")], "out.png"),
        ([scan("s.nii"), scan("t.nii")], "out.nii.gz"),
    ],
)
def test_a_file_that_cannot_hold_the_answer_is_refused(tmp_path, cases, out):
    with pytest.raises(UsageError, match="-o"):
        targets(cases, tmp_path / out)


def test_a_folder_with_a_file_s_name_is_a_folder(tmp_path):
    (tmp_path / "odd.png").mkdir()
    assert targets([IMAGE], tmp_path / "odd.png").each[0].path == tmp_path / "odd.png" / "i.png"


def test_an_input_is_never_its_own_output(tmp_path):
    path = write_picture(tmp_path / "i.png")
    with pytest.raises(UsageError, match="is the input itself"):
        targets([Case("i", "image", "image", (path,))], tmp_path)


def test_what_a_user_put_there_is_not_replaced(tmp_path):
    (tmp_path / "labels").mkdir()
    with pytest.raises(OutputError, match="was not made by segmem"):
        require_room(targets([VIDEO], tmp_path), overwrite=True)


def test_other_files_in_the_folder_are_in_nobody_s_way(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    require_room(targets([VIDEO], tmp_path), overwrite=True)
    require_room(targets([IMAGE], tmp_path), overwrite=False)


def test_without_overwrite_nothing_is_replaced(tmp_path):
    (tmp_path / "i.png").write_text("earlier")
    require_room(targets([IMAGE], tmp_path), overwrite=True)
    with pytest.raises(OutputError, match="--no-overwrite"):
        require_room(targets([IMAGE], tmp_path), overwrite=False)


def test_a_file_where_a_folder_should_be_is_refused(tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputError, match="is a file"):
        require_room(targets([VIDEO], tmp_path / "out"), overwrite=True)


def test_an_output_under_a_file_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("a file")
    with pytest.raises(OutputError, match="cannot be written"):
        require_writable(targets([IMAGE], tmp_path / "file" / "out"))


def test_a_writable_place_is_made_and_left_empty(tmp_path):
    require_writable(targets([IMAGE], tmp_path / "a" / "b"))
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_a_video_s_folder_is_not_made_before_it_is_whole(tmp_path):
    require_writable(targets([VIDEO], tmp_path / "a" / "b"))
    assert (tmp_path / "a").is_dir()
    assert not (tmp_path / "a" / "b").exists()


def test_labels_of_dicom_are_nifti_in_a_folder_and_dicom_where_asked(tmp_path):
    case = Case("CT_1", "volume", "dicom", (Path("in/IM1"),))
    assert targets([case], tmp_path).each[0].path == tmp_path / "CT_1.nii.gz"
    assert targets([case], tmp_path / "x.dcm").each[0].path == tmp_path / "x.dcm"
    with pytest.raises(UsageError, match="belongs to a scan that is DICOM"):
        targets([scan("s.nii.gz")], tmp_path / "x.dcm")
    with pytest.raises(UsageError, match="belongs to a scan that is DICOM"):
        targets([Case("US_1", "video", "dicom", (Path("in/IM1"),))], tmp_path / "x.dcm")
