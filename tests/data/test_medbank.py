import numpy as np
import pytest
import torch

from datasets import write_medbank
from labelled import square, write_mask
from segmem.core.errors import FormatError, InputError
from segmem.data.layouts import find_labelled, recognise
from segmem.data.medbank import cases, read_object, recognises

LIVER, FUNDUS = "Liver_CT_01/image", "Disc_Fundus_02/image"
LISTS = {
    "train.txt": [f"{LIVER}/case_3_slice_010.png", f"{LIVER}/case_3_slice_002.png", f"{FUNDUS}/n0012.png"],
    "val.txt": [f"{LIVER}/case_3_slice_005.png"],
}


def test_slices_of_a_case_are_one_clip_whatever_list_they_are_in(tmp_path):
    found = find_labelled(write_medbank(tmp_path, LISTS))
    assert recognise(tmp_path).layout == "medbank"
    assert [(case.name, case.group, case.kind) for case in found] == [
        ("Disc_Fundus_02_n0012", "Disc_Fundus_02_n0012", "image"),
        ("Liver_CT_01_case_3", "Liver_CT_01_case_3", "video"),
    ]
    assert [path.name[-7:-4] for path in found[1].inputs] == ["002", "005", "010"]
    assert [int(label.max()) for _, label in found[1].read()] == [1, 1, 1]


@pytest.mark.parametrize("value", [1, 255])
def test_the_object_is_one_however_it_was_saved(tmp_path, value):
    mask = read_object(write_mask(tmp_path / "m.png", square(value)))
    assert torch.equal(mask, torch.from_numpy(square(1)))


def test_a_mask_of_several_values_is_refused(tmp_path):
    with pytest.raises(FormatError, match="a mask of one object holds 0 and 1, or 0 and 255"):
        read_object(write_mask(tmp_path / "m.png", np.arange(12).reshape(3, 4)))


def test_a_listed_picture_that_is_missing_or_outside_is_refused(tmp_path):
    root = write_medbank(tmp_path / "bank", LISTS)
    (root / LIVER / "case_3_slice_010.png").unlink()
    with pytest.raises(InputError, match=r"case_3_slice_010\.png is missing"):
        cases(root, None)
    (root / "train.txt").write_text("./../other/image/x.png\n")
    with pytest.raises(InputError, match="leads out of"):
        cases(root, None)


def test_a_list_of_other_things_is_a_near_miss(tmp_path):
    (tmp_path / "train.txt").write_text("bear\ndogs\n")
    assert "does not list pictures" in recognises(tmp_path).lacks
    (tmp_path / "train.txt").unlink()
    write_medbank(tmp_path, {"x.txt": [f"{FUNDUS}/a.png"]})
    assert "but no train.txt" in recognises(tmp_path).lacks
