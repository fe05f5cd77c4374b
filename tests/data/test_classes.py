import pytest
import torch

from segmem.core.errors import InputError, SettingsError
from segmem.data.classes import class_table, to_classes

NAMES = ("background", "shaft", "manipulator")


def test_a_label_map_merges_two_tools_into_one():
    label = torch.tensor([[0, 1, 2, 3, 4]], dtype=torch.uint8)
    mapped = to_classes(label, class_table({3: 1, 4: 2}, 3), NAMES, "here")
    assert mapped.tolist() == [[0, 1, 2, 1, 2]]
    assert mapped.dtype == torch.uint8


def test_a_value_that_is_no_class_is_named_with_case_and_count():
    label = torch.tensor([[0, 255, 255, 255]], dtype=torch.uint8)
    with pytest.raises(
        InputError, match=r"^case 3 frame 7: 3 pixels have the label 255.*--label-map 255=1, or label_map: "
    ):
        to_classes(label, class_table({}, 3), NAMES, "case 3 frame 7")


@pytest.mark.parametrize("entry", [{256: 1}, {-1: 0}, {1: 3}, {1: -1}])
def test_an_impossible_map_is_refused(entry):
    with pytest.raises(SettingsError, match=r"0\.\.255, new ones 0\.\.2"):
        class_table(entry, 3)
