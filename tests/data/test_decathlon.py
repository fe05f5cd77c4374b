import json

import pytest
import torch

from datasets import write_decathlon, write_json
from segmem.core.errors import FormatError, InputError, SettingsError
from segmem.data.decathlon import cases, classes, recognises
from segmem.data.layouts import find_labelled, recognise


def test_pairs_that_dataset_json_lists_are_cases(tmp_path):
    write_decathlon(tmp_path, names=("hippocampus_001", "hippocampus_003"))
    found = find_labelled(tmp_path)
    assert recognise(tmp_path).why == 'dataset.json lists 2 pairs of image and label under "training"'
    assert [(case.name, case.channels) for case in found] == [
        ("hippocampus_001", ("CT",)),
        ("hippocampus_003", ("CT",)),
    ]
    assert classes(tmp_path) == {0: "background", 1: "edema", 2: "tumour"}


def test_four_axes_are_channels_and_one_can_be_named(tmp_path):
    write_decathlon(tmp_path, modalities=("FLAIR", "T1w", "t1gd", "T2w"))
    (case,), (one,) = find_labelled(tmp_path), find_labelled(tmp_path, channel="t1gd")
    for (frame, label), (picked, _) in zip(case.read(), one.read(), strict=True):
        assert frame.shape == (4, *label.shape)
        assert torch.equal(picked, frame[2:3])
    with pytest.raises(SettingsError, match=r"no channel 'T1ww'\. Did you mean 'T1w'"):
        find_labelled(tmp_path, channel="T1ww")


def test_another_number_of_channels_than_named_is_refused(tmp_path):
    write_decathlon(tmp_path, modalities=("FLAIR", "T1w"))
    path = tmp_path / "dataset.json"
    write_json(path, {**json.loads(path.read_text()), "modality": {"0": "A", "1": "B", "2": "C"}})
    with pytest.raises(FormatError, match="3 channels on the fourth were expected"):
        list(cases(tmp_path, None)[0].read())


def test_a_listed_file_that_is_missing_or_outside_is_refused(tmp_path):
    root = write_decathlon(tmp_path / "Task01_X")
    (root / "labelsTr" / "BRATS_001.nii.gz").unlink()
    with pytest.raises(InputError, match=r"BRATS_001\.nii\.gz is missing, but dataset.json lists it"):
        cases(root, None)
    outside = {"image": "../x.nii.gz", "label": "./labelsTr/BRATS_001.nii.gz"}
    write_json(root / "dataset.json", {"training": [outside], "labels": {"0": "background"}})
    with pytest.raises(InputError, match="leads out of"):
        cases(root, None)


def test_the_folder_of_all_tasks_asks_for_one(tmp_path):
    write_decathlon(tmp_path / "Task04_Hippocampus")
    assert "name one, as" in recognises(tmp_path).lacks
