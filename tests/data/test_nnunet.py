import json

import numpy as np
import pytest
import torch
from PIL import Image

from datasets import OBLIQUE, organs, save, voxels, write_json, write_nnunet
from footage import pictures
from labelled import SIZE, square, write_mask
from segmem.core.errors import FormatError, InputError
from segmem.data.layouts import find_labelled, recognise
from segmem.data.nnunet import cases, classes, describe, recognises


def edit(root, **changes):
    path = root / "dataset.json"
    write_json(path, {**json.loads(path.read_text()), **changes})
    return root


def test_a_case_has_a_clip_with_a_channel_for_each_file(tmp_path):
    (case, _) = cases(write_nnunet(tmp_path, channels=("FLAIR", "T1w", "T2w")), None)
    frames = list(case.read())
    assert (case.name, case.kind, case.channels) == ("la_003", "volume", ("FLAIR", "T1w", "T2w"))
    assert len(frames) == 5
    assert frames[0][0].shape == (3, *frames[0][1].shape)
    assert not torch.equal(frames[0][0][0], frames[0][0][1])


def test_one_channel_may_be_named(tmp_path):
    write_nnunet(tmp_path, channels=("FLAIR", "T2w"))
    (both, _), (one, _) = find_labelled(tmp_path), find_labelled(tmp_path, channel="T2w")
    for (frame, _), (picked, _) in zip(both.read(), one.read(), strict=True):
        assert torch.equal(picked, frame[1:2])


def test_its_reason_is_told_and_a_split_of_its_own_is_pointed_to(tmp_path):
    write_json(write_nnunet(tmp_path) / "splits_final.json", [{"train": ["la_003"], "val": ["la_004"]}])
    taken = recognise(tmp_path)
    assert taken.layout == "nnunet"
    assert taken.why.startswith(
        "dataset.json has channel_names and file_ending, beside imagesTr and labelsTr"
    )
    assert "data.splits" in taken.why


def test_a_folder_of_datasets_asks_for_one(tmp_path):
    write_nnunet(tmp_path / "Dataset002_Heart")
    with pytest.raises(
        InputError, match=r"nnunet \(holds 1 dataset of nnU-Net; name one, as .*Dataset002_Heart\)"
    ):
        recognise(tmp_path)


def test_version_one_is_told_apart(tmp_path):
    write_nnunet(tmp_path)
    write_json(tmp_path / "dataset.json", {"modality": {"0": "MR"}, "labels": {"0": "background"}})
    assert "version 1" in recognises(tmp_path).lacks


def test_a_missing_channel_is_named(tmp_path):
    write_nnunet(tmp_path, channels=("A", "B"))
    (tmp_path / "imagesTr" / "la_004_0001.nii.gz").unlink()
    with pytest.raises(
        InputError, match=r"la_004: dataset.json names 2 channels \(A, B\), 1 image files are there"
    ):
        cases(tmp_path, None)


def test_channels_on_different_grids_are_refused(tmp_path):
    write_nnunet(tmp_path, channels=("A", "B"))
    save(tmp_path / "imagesTr" / "la_003_0001.nii.gz", voxels(), OBLIQUE + np.eye(4))
    with pytest.raises(InputError, match="must lie on one grid"):
        list(cases(tmp_path, None)[0].read())


def test_another_number_of_cases_than_counted_is_told(tmp_path):
    (write_nnunet(tmp_path) / "labelsTr" / "la_004.nii.gz").unlink()
    with pytest.raises(FormatError, match="counts 2 training cases, 1 are there"):
        cases(tmp_path, None)


def test_regions_have_no_names_for_their_parts(tmp_path):
    labels = {"background": 0, "whole": [1, 2, 3], "core": [2, 3], "enhancing": [3]}
    write_nnunet(tmp_path, labels=labels, values=(1, 2, 3))
    assert classes(tmp_path) == {0: "background", 3: "enhancing"}
    assert describe(tmp_path).regions == {"whole": (1, 2, 3), "core": (2, 3)}


def test_slices_to_be_ignored_are_not_labelled_and_half_ones_are_refused(tmp_path):
    write_nnunet(tmp_path, labels={"background": 0, "atrium": 1, "wall": 2, "ignore": 3})
    sparse = organs()
    sparse[..., 3:] = 3
    save(tmp_path / "labelsTr" / "la_003.nii.gz", sparse, OBLIQUE)
    sparse[:4, :, 0] = 3
    save(tmp_path / "labelsTr" / "la_004.nii.gz", sparse, OBLIQUE)
    whole, half = find_labelled(tmp_path)
    assert [label is not None for _, label in whole.read()] == [True, True, True, False, False]
    with pytest.raises(
        FormatError, match=r"la_004 frame 0: 96 of 480 pixels have the label 3, which is to be ignored"
    ):
        list(half.read())


def test_pictures_in_colour_are_one_file(tmp_path):
    for folder in ("imagesTr", "labelsTr"):
        (tmp_path / folder).mkdir()
    Image.fromarray(pictures(1, SIZE)[0]).save(tmp_path / "imagesTr" / "img-1_0000.png")
    write_mask(tmp_path / "labelsTr" / "img-1.png", square(1))
    write_json(
        tmp_path / "dataset.json",
        {
            "channel_names": {"0": "R", "1": "G", "2": "B"},
            "labels": {"background": 0, "road": 1},
            "numTraining": 1,
            "file_ending": ".png",
        },
    )
    (case,) = find_labelled(tmp_path)
    ((frame, label),) = case.read()
    assert (case.name, case.kind, frame.shape, int(label.max())) == ("img-1", "image", (3, *SIZE), 1)


def test_files_that_dataset_json_lists_must_be_inside(tmp_path):
    root = write_nnunet(tmp_path / "d", names=("a",))
    files = {"images": ["imagesTr/a_0000.nii.gz"], "label": "labelsTr/a.nii.gz"}
    assert [case.name for case in cases(edit(root, dataset={"b": files}), None)] == ["b"]
    files = {"images": ["../elsewhere_0000.nii.gz"], "label": "labelsTr/a.nii.gz"}
    with pytest.raises(InputError, match="leads out of"):
        cases(edit(root, dataset={"b": files}), None)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"channel_names": ["MR"]}, "channel_names is written"),
        ({"labels": {"background": "0"}}, "whole number from 0 to 255"),
        ({"file_ending": ".jpg"}, r"files of \.jpg are not read"),
    ],
)
def test_a_description_of_another_shape_is_refused(tmp_path, changes, told):
    edit(write_nnunet(tmp_path), **changes)
    with pytest.raises(FormatError, match=told):
        cases(tmp_path, None)


def test_real_scans_in_this_layout_are_read(data_root, tmp_path):
    (tmp_path / "imagesTr").mkdir()
    (tmp_path / "labelsTr").mkdir()
    for path in sorted((data_root / "mr_hippocampus" / "labels").glob("*.nii.gz"))[:2]:
        name = path.name.removesuffix(".nii.gz")
        image = data_root / "mr_hippocampus" / "images" / path.name
        (tmp_path / "imagesTr" / f"{name}_0000.nii.gz").write_bytes(image.read_bytes())
        (tmp_path / "labelsTr" / path.name).write_bytes(path.read_bytes())
    labels = {"background": 0, "Anterior": 1, "Posterior": 2}
    write_json(
        tmp_path / "dataset.json",
        {"channel_names": {"0": "MRI"}, "labels": labels, "numTraining": 2, "file_ending": ".nii.gz"},
    )
    found = find_labelled(tmp_path)
    assert [max(int(label.max()) for _, label in case.read()) for case in found] == [2, 2]
