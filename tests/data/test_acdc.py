import pytest

from datasets import write_acdc
from segmem.core.errors import FormatError, InputError
from segmem.data.acdc import CLASSES, cases, classes, phases
from segmem.data.layouts import find_labelled, recognise


def test_a_patients_two_phases_are_cases_of_one_group(tmp_path):
    write_acdc(tmp_path / "training")
    found = find_labelled(tmp_path)
    assert recognise(tmp_path).layout == "acdc"
    assert [(case.name, case.group) for case in found] == [
        ("patient001_frame01", "patient001"),
        ("patient001_frame12", "patient001"),
        ("patient002_frame01", "patient002"),
        ("patient002_frame12", "patient002"),
    ]
    assert [int(label.max()) for _, label in found[0].read()] == [0, 3, 3, 3, 0]
    assert classes(tmp_path) == dict(enumerate(CLASSES))


def test_info_says_which_frames_are_the_phases(tmp_path):
    folder = write_acdc(tmp_path, es=10) / "patient001"
    assert phases(folder) == {1: "ED", 10: "ES"}
    (folder / "Info.cfg").write_text("ED: 1\nES: 9\n")
    with pytest.raises(
        FormatError, match=r"ED is frame 1, ES is frame 9; labels of frame 10 belong to neither"
    ):
        cases(tmp_path, None)
    (folder / "Info.cfg").unlink()
    assert len(cases(tmp_path, None)) == 4


def test_labels_without_their_image_are_named(tmp_path):
    (write_acdc(tmp_path) / "patient002" / "patient002_frame01.nii.gz").unlink()
    with pytest.raises(InputError, match=r"its image patient002_frame01\.nii\.gz is missing"):
        cases(tmp_path, None)


def test_patients_without_labels_are_a_near_miss(tmp_path):
    for path in write_acdc(tmp_path).rglob("*_gt.nii.gz"):
        path.unlink()
    with pytest.raises(InputError, match=r"acdc \(has folders patientNNN, but no patientNNN_frameNN_gt"):
        recognise(tmp_path)


def test_real_phases_in_this_layout_are_read(data_root, tmp_path):
    for frame in ("01", "02"):
        name = f"patient001_frame{frame}"
        (tmp_path / "patient001").mkdir(exist_ok=True)
        for folder, ending in (("images", ""), ("labels", "_gt")):
            source = data_root / "mr_acdc" / folder / f"{name}.nii.gz"
            (tmp_path / "patient001" / f"{name}{ending}.nii.gz").write_bytes(source.read_bytes())
    found = find_labelled(tmp_path)
    assert [max(int(label.max()) for _, label in case.read()) for case in found] == [3, 3]
