import json

import numpy as np
import pytest
from PIL import Image

from datasets import write_acdc, write_davis, write_nnunet
from labelled import square, write_images, write_video_case
from segmem.convert_data.label_map import label_map
from segmem.convert_data.to_nnunet import check, finish, write, write_splits
from segmem.core.errors import FormatError, UsageError
from segmem.data.cases import LabelledCase
from segmem.data.layouts import find_labelled

TWO = label_map({}, (), ("1=shaft", "2=tip"), consecutive=True)


def test_labelled_frames_of_a_video_become_pictures_in_colour(tmp_path):
    write_video_case(tmp_path / "d" / "op1", 6, [1, 4])
    (case,) = find_labelled(tmp_path / "d")
    assert write(case, tmp_path / "o", [0], TWO) == ("op1_frame00001", "op1_frame00004")
    with (
        Image.open(tmp_path / "o" / "imagesTr" / "op1_frame00004_0000.png") as image,
        Image.open(tmp_path / "o" / "labelsTr" / "op1_frame00004.png") as label,
    ):
        assert (image.mode, label.mode) == ("RGB", "L")  # a palette would be read as colours
        assert np.array_equal(np.asarray(label), square(1))


def test_dataset_json_is_as_nnunet_describes_it(tmp_path):
    (tmp_path / "o").mkdir()
    finish(tmp_path / "o", TWO, ("CT",), scans=True, written=7)
    assert json.loads((tmp_path / "o" / "dataset.json").read_text()) == {
        "channel_names": {"0": "CT"},
        "labels": {"background": 0, "shaft": 1, "tip": 2},
        "numTraining": 7,
        "file_ending": ".nii.gz",
    }
    finish(tmp_path / "o", TWO, (), scans=False, written=7)
    told = json.loads((tmp_path / "o" / "dataset.json").read_text())
    assert (told["channel_names"], told["file_ending"]) == ({"0": "R", "1": "G", "2": "B"}, ".png")


def test_its_own_splits_never_part_a_patient(tmp_path):
    cases = find_labelled(write_acdc(tmp_path / "d", range(1, 4)))
    note = write_splits(tmp_path, cases, {case.name: [case.name] for case in cases}, None)
    assert note.startswith("splits_final.json has 3 folds")
    folds = json.loads((tmp_path / "splits_final.json").read_text())
    for fold in folds:
        assert {name[:10] for name in fold["train"]}.isdisjoint({name[:10] for name in fold["val"]})
        assert len(fold["train"]) + len(fold["val"]) == 6


def test_no_splits_are_made_where_frames_might_be_parted(tmp_path):
    stills = find_labelled(write_images(tmp_path / "d", ["OP1_1", "OP1_2", "OP2_1"]))
    names = {case.name: [case.name] for case in stills}
    assert write_splits(tmp_path, stills, names, None).startswith("no splits_final.json: nothing says")
    assert write_splits(tmp_path, stills[:1], names, None).startswith(
        "no splits_final.json: all cases are of one"
    )
    assert not (tmp_path / "splits_final.json").exists()


def test_a_case_without_labels_is_refused(tmp_path):
    (case,) = find_labelled(write_davis(tmp_path / "d", ["bear"], [0]))
    blank = LabelledCase("b", "b", "video", lambda: ((frame, None) for frame, _ in case.read()))
    with pytest.raises(FormatError, match="b: not one of its frames has a label map"):
        write(blank, tmp_path / "o", [0], TWO)


def test_scans_are_not_mixed_with_pictures_or_other_channels(tmp_path):
    stills = find_labelled(write_images(tmp_path / "d", ["a"]))
    one = find_labelled(write_nnunet(tmp_path / "n"))
    two = find_labelled(write_nnunet(tmp_path / "m", channels=("A", "B")))
    with pytest.raises(UsageError, match="holds scans and pictures"):
        check([*stills, *one])
    with pytest.raises(UsageError, match="different channels"):
        check([*one, *two])
