import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from segmem.io.dicom.elements import first_item, frames_a_second, many, number, numbers


def dataset(**elements):
    found = Dataset()
    for name, value in elements.items():
        setattr(found, name, value)
    return found


def test_an_element_has_none_one_or_several_values():
    assert many(None) == many("") == []
    assert many("1") == ["1"]
    assert many(dataset(PixelSpacing=["1", "2"]).PixelSpacing) == [1.0, 2.0]


def test_a_number_is_positive_or_none():
    assert number(dataset(SliceThickness="2.5"), "SliceThickness") == 2.5
    assert number(dataset(SliceThickness="0"), "SliceThickness") is None
    assert number(dataset(SliceThickness=None), "SliceThickness") is None
    assert number(dataset(), "SliceThickness") is None


def test_numbers_are_as_many_as_asked_or_none():
    assert numbers(["1", "2"], 2) == (1.0, 2.0)
    assert numbers(["1"], 2) is None
    assert numbers(None, 2) is None
    assert numbers(["1", "nan"], 2) is None


def test_a_sequence_gives_its_first_item_or_none():
    item = dataset(PixelSpacing=["1", "2"])
    assert first_item(dataset(PixelMeasuresSequence=Sequence([item])), "PixelMeasuresSequence") == item
    assert first_item(dataset(PixelMeasuresSequence=Sequence([])), "PixelMeasuresSequence") is None
    assert first_item(dataset(), "PixelMeasuresSequence") is None


@pytest.mark.parametrize(("elements", "fps"), [({"FrameTime": "20", "CineRate": "9"}, 50.0), ({}, None)])
def test_the_time_of_a_frame_counts_before_a_rate(elements, fps):
    assert frames_a_second(dataset(**elements)) == fps
