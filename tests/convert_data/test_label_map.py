import pytest
import torch

from segmem.convert_data.label_map import Mapper, label_map
from segmem.core.errors import InputError, UsageError

HEART = {0: "background", 1: "RV", 2: "myocardium", 3: "LV"}


def test_classes_of_one_name_become_each_other():
    made = label_map(HEART, ("background", "lv", "rv", "liver"), (), consecutive=False)
    assert made.table == {0: 0, 1: 2, 3: 1}
    assert made.names == {0: "background", 1: "lv", 2: "rv", 3: "liver"}


def test_what_no_name_maps_is_written():
    made = label_map(
        HEART, ("background", "LV", "wall"), ("myocardium=wall", "1=background"), consecutive=False
    )
    assert made.table == {0: 0, 1: 0, 2: 2, 3: 1}


def test_without_a_list_the_source_keeps_its_names_and_values():
    made = label_map({0: "background", 10: "a", 255: "b"}, (), (), consecutive=False)
    assert (made.table, made.names) == ({0: 0, 10: 10, 255: 255}, {0: "background", 10: "a", 255: "b"})
    made = label_map({0: "background", 10: "a", 255: "b"}, (), (), consecutive=True)
    assert (made.table, made.names) == ({0: 0, 10: 1, 255: 2}, {0: "background", 1: "a", 2: "b"})


def test_a_class_may_be_renamed_merged_or_left_out():
    made = label_map(HEART, (), ("LV=left", "RV=myocardium"), consecutive=False)
    assert made.table == {0: 0, 1: 2, 2: 2, 3: 3}
    assert made.names == {0: "background", 2: "myocardium", 3: "left"}
    made = label_map(HEART, (), ("LV=background",), consecutive=True)
    assert (made.table, made.names) == ({0: 0, 1: 1, 2: 2, 3: 0}, {0: "background", 1: "RV", 2: "myocardium"})


def test_values_without_names_are_given_them():
    made = label_map({}, (), ("255=polyp", "7=tool"), consecutive=False)
    assert (made.table, made.names) == ({0: 0, 255: 1, 7: 2}, {0: "background", 1: "polyp", 2: "tool"})
    assert not made.same
    assert label_map({}, (), (), consecutive=False).same


def test_what_is_to_be_ignored_comes_last():
    made = label_map({0: "background", 1: "ignore", 2: "a"}, (), (), consecutive=True)
    assert (made.table, made.names) == ({0: 0, 1: 2, 2: 1}, {0: "background", 1: "a", 2: "ignore"})


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (("RV",), "is not SOURCE=TARGET"),
        (("RW=LV",), "has no class 'RW'. Did you mean 'rv'|has no class 'RW'. Known"),
        (("300=LV",), "label 300 is above 255"),
        (("1=LV", "RV=LV"), "label 1 is mapped twice"),
        (("RV=256",), "labels go up to 255"),
    ],
)
def test_what_is_written_otherwise_is_told(written, told):
    with pytest.raises(UsageError, match=told):
        label_map(HEART, (), written, consecutive=False)


def test_a_target_that_is_not_in_the_list_names_the_nearest():
    with pytest.raises(UsageError, match=r"no class of the target\. Did you mean 'liver'"):
        label_map({}, ("background", "liver"), ("1=live",), consecutive=False)


def test_labels_that_no_map_covers_are_told_with_their_counts():
    mapper = Mapper(label_map(HEART, ("background", "LV"), (), consecutive=False))
    assert mapper(torch.tensor([[0, 3], [3, 0]], dtype=torch.uint8)).tolist() == [[0, 1], [1, 0]]
    mapper.require_covered("a")
    mapper(torch.tensor([[1, 1], [2, 0]], dtype=torch.uint8))
    mapper(torch.tensor([[1, 9], [0, 0]], dtype=torch.uint8))
    told = (
        r"a: no map covers label 1 'RV' \(3 pixels in 2 frames\); label 2 'myocardium' \(1 pixels in 1 frames\);"
        r" label 9 \(1 pixels in 1 frames\)\. The target has 0 background, 1 LV\. Say what it is with"
        r" --label-map 1=NAME"
    )
    with pytest.raises(InputError, match=told):
        mapper.require_covered("a")
