import pytest
import torch

from segmem.core.errors import FormatError, SettingsError
from segmem.data.cases import LabelledCase
from segmem.data.judged import judged, one_channel


def test_a_frame_that_nobody_judged_has_no_label():
    assert judged(torch.full((2, 3), 4, dtype=torch.uint8), 4, "a") is None
    assert judged(None, 4, "a") is None


def test_a_frame_without_the_value_stays():
    label = torch.ones((2, 3), dtype=torch.uint8)
    assert judged(label, 4, "a") is label
    assert judged(label, None, "a") is label


def test_a_frame_judged_in_part_is_refused():
    label = torch.tensor([[0, 4], [4, 1]], dtype=torch.uint8)
    with pytest.raises(
        FormatError, match=r"a frame 3: 2 of 4 pixels have the label 4.*--label-map ignore=background"
    ):
        judged(label, 4, "a frame 3")


def test_one_channel_is_picked_by_its_name():
    frame = torch.arange(12.0).reshape(3, 2, 2)
    case = LabelledCase("a", "a", "volume", lambda: iter([(frame, None)]), channels=("x", "y", "z"))
    ((picked, _),) = one_channel(case, "y").read()
    assert torch.equal(picked, frame[1:2])
    with pytest.raises(SettingsError, match=r"a has no channel 'w'\. Known: x, y, z"):
        one_channel(case, "w")
