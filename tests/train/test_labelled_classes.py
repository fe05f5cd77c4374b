import pytest
import torch

from nano import nano_spec
from segmem.core.errors import SettingsError
from segmem.train.labelled_classes import hidden, labelled_classes, told_frames, told_mask
from segmem.train.settings import SourceSettings, StageSettings, TrainSettings

CLASSES = ("background", "right ventricle", "myocardium", "left ventricle")


def told(*names, method="lapg", **stage):
    spec = nano_spec(name="n", method=method, input="volume").model_copy(update={"classes": CLASSES})
    settings = TrainSettings(model=spec, stages=(StageSettings(name="first", steps=1, **stage),))
    return labelled_classes(SourceSettings(path="scans", labelled_classes=names), settings)


def test_names_become_ids_with_background_first():
    assert told() is None
    assert told("left ventricle", "myocardium", "left ventricle") == (0, 2, 3)


def test_a_name_that_is_no_class_is_answered_with_the_nearest():
    with pytest.raises(
        SettingsError, match=r"scans: .*'left ventrikle' is no class.* Did you mean 'left ventr"
    ):
        told("left ventrikle")
    with pytest.raises(SettingsError, match="'background' is no class"):
        told("background")


def test_methods_that_tell_no_classes_do_not_take_it():
    assert told("myocardium", method="tmam") == (0, 2)
    with pytest.raises(SettingsError, match="methods tmam and lapg; sam2 is asked object by object"):
        told("myocardium", method="sam2")


def test_a_stage_of_one_object_has_no_classes_to_name():
    with pytest.raises(SettingsError, match="one_object has none"):
        told("myocardium", method="tmam", one_object="any")


def test_what_is_not_told_is_background_whatever_its_value_in_the_files():
    assert hidden({7: 1, 8: 2}, None, 4) == {7: 1, 8: 2}
    assert hidden({7: 1, 8: 2}, (0, 2, 3), 4) == {0: 0, 1: 0, 2: 2, 3: 3, 7: 0, 8: 2}


def test_a_row_for_each_clip_and_none_where_all_is_told():
    assert told_mask([None, None], 4) is None
    mask = told_mask([None, (0, 2)], 4)
    assert torch.equal(mask, torch.tensor([[True] * 4, [True, False, True, False]]))


def test_each_labelled_frame_has_the_row_of_its_clip():
    told = torch.tensor([[True, True], [True, False]])
    labelled = torch.tensor([[True, False, True], [False, True, False]])
    rows = told_frames(told, labelled)
    assert rows is not None
    assert rows.tolist() == [[True, True], [True, True], [True, False]]
    assert told_frames(None, labelled) is None
