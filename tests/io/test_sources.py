from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dicom_made import ramp, write_multiframe, write_series
from segmem.core.errors import FormatError, InputError, SurroundingsError, UsageError
from segmem.io.case import Case
from segmem.io.sources import find_cases, open_case


def pictures(folder: Path, names: list[str], width: int = 4) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        Image.new("L", (width, 3)).save(folder / name)
    return folder


def touched(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def test_one_file_is_one_case(tmp_path: Path) -> None:
    touched(tmp_path, "scan.v2.nii.gz")
    path = tmp_path / "scan.v2.nii.gz"
    assert find_cases(str(path)) == [Case("scan.v2", "volume", "volume", (path,))]


def test_numbered_equal_pictures_are_one_clip_in_numeric_order(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "op", ["frame_10.png", "frame_2.png", "frame_1.png"])
    (case,) = find_cases(str(folder))
    assert (case.name, case.kind, case.form) == ("op", "video", "frames")
    assert [path.name for path in case.paths] == ["frame_1.png", "frame_2.png", "frame_10.png"]
    assert open_case(case, start=1).length == 2


def test_unequal_or_unnumbered_pictures_are_cases(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "a", ["1.png"])
    pictures(folder, ["2.png"], width=9)
    named = pictures(tmp_path / "b", ["eye.png", "lung.png"])
    assert [case.name for case in find_cases(str(folder))] == ["1", "2"]
    assert [(case.name, case.kind) for case in find_cases(str(named))] == [
        ("eye", "image"),
        ("lung", "image"),
    ]


def test_as_decides(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "a", ["1.png", "2.png"])
    assert [len(find_cases(str(folder), as_)) for as_ in (None, "clip", "cases")] == [1, 1, 2]  # type: ignore[arg-type]


def test_a_clip_of_scans_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="only pictures"):
        find_cases(str(touched(tmp_path, "a.nii")), "clip")


def test_hidden_files_other_files_and_folders_are_passed_over(tmp_path: Path) -> None:
    folder = touched(tmp_path / "d", "b.nii.gz", "a.nii.gz", "._a.nii.gz", "notes.txt")
    pictures(folder / "masks", ["0.png"])
    assert [case.name for case in find_cases(str(folder))] == ["a", "b"]


def test_mixed_kinds_are_counted(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds 1 image, 2 videos"):
        find_cases(str(touched(tmp_path, "a.png", "b.mp4", "c.avi")))


def test_one_name_for_two_cases_names_both(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"A\.nii and .*a\.nii\.gz would both be case 'a'"):
        find_cases(str(touched(tmp_path, "a.nii.gz", "A.nii")))


def test_a_glob_over_folders_names_cases_after_them(tmp_path: Path) -> None:
    for name in ("d1", "d2"):
        touched(tmp_path / name, "video.avi")
    assert [case.name for case in find_cases(f"{tmp_path}/*/video.avi")] == ["d1", "d2"]
    touched(tmp_path / "d2", "other.avi")
    assert [case.name for case in find_cases(f"{tmp_path}/*/*.avi")] == ["d1_video", "d2_other", "d2_video"]
    touched(tmp_path, "video.avi")
    found = [case.name for case in find_cases(f"{tmp_path}/**/video.avi")]
    assert sorted(found) == ["d1_video", "d2_video", "video"]
    assert [case.name for case in find_cases(f"{tmp_path}/d1/v*.avi")] == ["video"]


def test_a_file_with_brackets_in_its_name_is_no_glob(tmp_path: Path) -> None:
    touched(tmp_path, "a[1].mp4")
    assert [case.name for case in find_cases(str(tmp_path / "a[1].mp4"))] == ["a[1]"]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("gone.mp4", "does not exist"),
        ("*.xyz", "matches no file"),
        ("empty", "no file to segment"),
        ("odd", "none of"),
    ],
)
def test_nothing_to_segment_is_said_plainly(tmp_path: Path, source: str, words: str) -> None:
    (tmp_path / "empty").mkdir()
    touched(tmp_path / "odd", "a.txt")
    with pytest.raises(InputError, match=words):
        find_cases(str(tmp_path / source))


def test_an_unknown_suffix_lists_the_known_ones(tmp_path: Path) -> None:
    touched(tmp_path, "a.xyz")
    with pytest.raises(FormatError, match=r"'.xyz' is not known. Known: images .png"):
        find_cases(str(tmp_path / "a.xyz"))


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    touched(tmp_path, "secret.nii")
    folder = touched(tmp_path / "in", "a.nii")
    (folder / "b.nii").symlink_to(folder / "a.nii")
    assert len(find_cases(str(folder))) == 2
    (folder / "c.nii").symlink_to(tmp_path / "secret.nii")
    with pytest.raises(InputError, match=r"c\.nii is a link that leads out of"):
        find_cases(str(folder))


def test_a_number_is_a_camera() -> None:
    (case,) = find_cases("97")
    assert (case.name, case.kind, case.form, case.camera) == ("camera97", "video", "camera", 97)
    with pytest.raises(SurroundingsError, match="camera97 cannot be opened"):
        open_case(case)


def test_each_form_is_opened_by_its_reader(
    tmp_path: Path, make_video: Callable[..., Path], make_nifti: Callable[..., Path]
) -> None:
    pictures(tmp_path, ["eye.png"])
    make_video("clip.avi", [np.zeros((4, 6, 3), np.uint8)] * 2)
    make_nifti("scan.nii.gz", np.zeros((3, 4, 5), np.float32), np.eye(4))
    found = {}
    for name in ("eye.png", "clip.avi", "scan.nii.gz"):
        (case,) = find_cases(str(tmp_path / name))
        source = open_case(case)
        found[source.name] = (source.geometry.kind, source.length, tuple(next(iter(source)).shape))
    assert found == {
        "eye": ("image", 1, (3, 3, 4)),
        "clip": ("video", 2, (3, 4, 6)),
        "scan": ("volume", 5, (1, 4, 3)),
    }


def test_the_real_folders_are_understood(data_root: Path) -> None:
    assert len(find_cases(str(data_root / "mr_hippocampus" / "images"))) == 160
    (clip,) = find_cases(str(data_root / "video_endovis15_robotic" / "dataset1" / "frames"))
    assert (clip.form, len(clip.paths)) == ("frames", 60)


def test_a_folder_of_dicom_is_a_case_and_its_series_can_be_asked_for(tmp_path: Path) -> None:
    write_series(tmp_path / "a", ramp(), series="1")
    write_series(tmp_path / "b", ramp(3), series="2")
    with pytest.raises(UsageError, match="--series NUMBER"):
        find_cases(str(tmp_path))
    (case,) = find_cases(str(tmp_path), series="1")
    assert (case.form, open_case(case).length) == ("dicom", len(case.paths))
    touched(tmp_path, "p.png")
    with pytest.raises(UsageError, match="--series is about DICOM"):
        find_cases(str(tmp_path / "p.png"), series="1")


def test_a_dicom_video_is_opened_at_any_frame(tmp_path: Path) -> None:
    path = write_multiframe(tmp_path / "v.dcm", np.zeros((5, 8, 9, 3), np.uint8), FrameTime="40")
    (case,) = find_cases(str(path))
    assert (case.kind, open_case(case).length, open_case(case, 3).length) == ("video", 5, 2)
