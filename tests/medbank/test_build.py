import json

import numpy as np
import pytest
from PIL import Image

from labelled import write_images
from segmem.core.errors import InputError, OutputError, UsageError
from segmem.data.layouts import find_labelled, recognise
from segmem.medbank.build import MARKER, build_medbank


def lines(path):
    return path.read_text().split()


def test_the_folder_is_what_medbanks_reader_reads(tmp_path, downloads, table):
    made = build_medbank(downloads, tmp_path / "bank", table)
    assert recognise(tmp_path / "bank").layout == "medbank"
    cases = find_labelled(tmp_path / "bank")
    assert {case.name.split("_")[0] for case in cases} == {"Polyp", "Liver", "LiverTumor"}
    frame, label = next(iter(cases[0].read()))
    assert frame.shape[-2:] == label.shape
    assert label.unique().tolist() == [0, 1]
    assert made.tasks["Liver_CT_2"].images == made.tasks["LiverTumor_CT_3"].images == 9
    assert json.loads((tmp_path / "bank" / MARKER).read_text())["split"] == "patient"


def test_empty_and_long_pictures_are_left_out_and_counted(tmp_path, downloads, table):
    made = build_medbank(downloads, tmp_path / "bank", table)
    assert made.tasks["Polyp_Colonoscopy_1"].images == 2
    assert made.sources["Eyes"]["slices left out for their shape"] == 1
    assert made.missing == ("Gone",)
    assert any("MSD Liver cannot test it" in line for line in made.overlaps)


def test_a_patient_validates_in_all_tasks_or_in_none(tmp_path, downloads, table):
    build_medbank(downloads, tmp_path / "bank", table)
    train, val = (lines(tmp_path / "bank" / name) for name in ("train.txt", "val.txt"))
    assert all(line.startswith("./") for line in train)
    patients = [{line.rpartition("/")[2].partition("-")[0] for line in side} for side in (train, val)]
    assert not patients[0] & patients[1]
    assert patients[1] & {"lits_p0001", "lits_p0002", "lits_p0003"}


def test_by_image_the_leak_is_told(tmp_path, downloads, table):
    made = build_medbank(downloads, tmp_path / "bank", table, by="released")
    assert made.both_sides > 0


def test_no_file_is_named_as_the_case_was(tmp_path, downloads, table):
    build_medbank(downloads, tmp_path / "bank", table)
    names = {path.name for path in (tmp_path / "bank").rglob("*.png")}
    assert not any("three" in name for name in names)
    assert "lits_p0001-1_slice_001.png" in names


def test_windows_are_applied(tmp_path, downloads, table):
    build_medbank(downloads, tmp_path / "bank", table)
    pixels = np.asarray(Image.open(next((tmp_path / "bank" / "Liver_CT_2" / "image").iterdir())))
    assert pixels.max() > 240
    assert pixels.min() < 15


def test_a_copy_of_what_is_trained_on_is_named(tmp_path, downloads, table):
    write_images(tmp_path / "test-set", ["a"])
    made = build_medbank(downloads, tmp_path / "bank", table, external=[tmp_path / "test-set"])
    assert any("looks like test-set: a" in line for line in made.overlaps)


def test_a_bad_case_is_reported_and_the_rest_go_on(tmp_path, downloads, table):
    (downloads / "eyes" / "images" / "a.png").write_bytes(b"nothing")
    made = build_medbank(downloads, tmp_path / "bank", table)
    assert len(made.faults) == 1
    assert made.faults[0].startswith("Eyes: ")
    assert made.tasks["Polyp_Colonoscopy_1"].images == 1


def test_where_nothing_can_be_made_nothing_is_written(tmp_path, downloads, table):
    with pytest.raises(
        InputError, match=r"none of the table's folders is there\. Expected some of eyes, lits"
    ):
        build_medbank(tmp_path, tmp_path.parent / "bank", table)
    with pytest.raises(UsageError, match="lie in each other"):
        build_medbank(downloads, downloads / "bank", table)
    build_medbank(downloads, tmp_path / "bank", table)
    with pytest.raises(OutputError, match="exists"):
        build_medbank(downloads, tmp_path / "bank", table)
