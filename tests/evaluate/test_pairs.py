"""Which prediction belongs to which case."""

from pathlib import Path

import pytest

from labelled import write_images, write_scans, write_video_case
from segmem.core.errors import InputError
from segmem.data.layouts import find_labelled
from segmem.evaluate.pairs import pair


def touched(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_by_name_with_what_is_missing_and_what_is_too_many(tmp_path: Path) -> None:
    cases = find_labelled(write_images(tmp_path / "data", ["a", "b", "c"]))
    found = touched(tmp_path / "found", "b.png", "a.png", "z.png", "manifest.json", ".hidden.png")
    paired = pair(cases, found)
    assert [(p.case.name, p.prediction.name) for p in paired.pairs] == [("a", "a.png"), ("b", "b.png")]
    assert paired.missing == ("c",)
    assert paired.extra == ("z",)


def test_a_video_is_a_folder_of_frames_with_or_without_one_between(tmp_path: Path) -> None:
    for name in ("op1", "op2"):
        write_video_case(tmp_path / "data" / name, frames=2, labelled=[1])
    found = touched(tmp_path / "found", "op1/labels/00000.png", "op2/00000.png")
    places = [
        p.prediction.relative_to(found).as_posix()
        for p in pair(find_labelled(tmp_path / "data"), found).pairs
    ]
    assert places == ["op1/labels", "op2"]


@pytest.mark.parametrize("given", ["out", "out/labels", "."])
def test_a_lone_video_may_be_given_as_its_own_folder(tmp_path: Path, given: str) -> None:
    cases = find_labelled(write_video_case(tmp_path / "op1", frames=2, labelled=[1]).parent)
    touched(tmp_path / "p", "out/labels/00000.png")
    place = tmp_path / "p" / given
    if given == ".":
        place = touched(tmp_path / "flat", "00000.png")
    (only,) = pair(cases, place).pairs
    assert (only.prediction / "00000.png").is_file()


def test_a_lone_scan_may_be_given_as_its_file_under_any_name(tmp_path: Path) -> None:
    cases = find_labelled(write_scans(tmp_path / "data", ["a"]))
    (only,) = pair(cases, touched(tmp_path, "other.nii.gz") / "other.nii.gz").pairs
    assert only.prediction.name == "other.nii.gz"


def test_maps_of_confidence_are_no_predictions(tmp_path: Path) -> None:
    cases = find_labelled(write_scans(tmp_path / "data", ["a"]))
    found = touched(tmp_path / "found", "a.nii.gz", "a.confidence.nii.gz")
    paired = pair(cases, found)
    assert (len(paired.pairs), paired.extra) == (1, ())


def test_nothing_to_pair_names_both_sides(tmp_path: Path) -> None:
    cases = find_labelled(write_images(tmp_path / "data", ["a", "b"]))
    with pytest.raises(InputError, match="does not exist"):
        pair(cases, tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"Cases: a, b; predictions: none"):
        pair(cases, tmp_path / "empty")
    with pytest.raises(InputError, match=r"predictions: x, y"):
        pair(cases, touched(tmp_path / "found", "x.png", "y.png"))


def test_two_files_of_one_name(tmp_path: Path) -> None:
    cases = find_labelled(write_scans(tmp_path / "data", ["a", "b"]))
    with pytest.raises(InputError, match="both predictions of 'a'"):
        pair(cases, touched(tmp_path / "found", "a.nii.gz", "a.nrrd"))
