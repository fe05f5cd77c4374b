import pytest

from datasets import write_btcv
from segmem.core.errors import InputError
from segmem.data.btcv import CLASSES, cases, classes, recognises
from segmem.data.layouts import find_labelled, recognise


def test_a_scan_is_a_case_called_as_its_image(tmp_path):
    write_btcv(tmp_path / "RawData" / "Training", (1, 40))
    found = find_labelled(tmp_path)
    assert recognise(tmp_path).layout == "btcv"
    assert [(case.name, case.group, case.channels) for case in found] == [
        ("img0001", "img0001", ("CT",)),
        ("img0040", "img0040", ("CT",)),
    ]
    assert max(int(label.max()) for _, label in found[0].read()) == 13
    assert (len(CLASSES), classes(tmp_path)[11]) == (14, "pancreas")


def test_a_label_map_without_its_scan_is_named(tmp_path):
    (write_btcv(tmp_path) / "img" / "img0002.nii.gz").unlink()
    with pytest.raises(InputError, match=r"label0002\.nii\.gz: no img0002\.nii\.gz"):
        cases(tmp_path, None)


@pytest.mark.parametrize("folders", [("img",), ("img", "label")])
def test_folders_of_those_names_alone_are_a_near_miss(tmp_path, folders):
    for folder in folders:
        (tmp_path / folder).mkdir()
    seen = recognises(tmp_path)
    assert not seen
    assert "but no label" in seen.lacks
