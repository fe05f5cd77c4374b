import pytest

from datasets import write_nnunet
from labelled import write_images
from segmem.core.errors import InputError, SettingsError, UsageError
from segmem.data.split_file import Fold, write_splits
from segmem.train.listing import chosen_split, listed
from segmem.train.settings import DataSettings, SourceSettings


def split_of(settings, root, **data):
    cases = listed(SourceSettings(path="stills"), root / "stills")
    wish = settings.model_copy(update={"data": DataSettings(**data)})
    return chosen_split(wish, root, [cases], [cases])


def names(cases):
    return [case.name for case in cases]


def test_what_a_source_was_taken_for_is_told_unless_it_is_said(data):
    told = []
    listed(SourceSettings(path="stills"), data / "stills", told.append)
    listed(SourceSettings(path="stills", layout="image_masks"), data / "stills", told.append)
    assert told == ["stills: taken for image_masks: 3 files masks/*.png beside images/"]


def test_a_missing_source_is_named(data):
    with pytest.raises(InputError, match="nowhere: no such folder"):
        listed(SourceSettings(path="nowhere"), data / "nowhere")


def test_more_channels_than_a_network_takes_ask_for_one(tmp_path):
    write_nnunet(tmp_path / "d", channels=("FLAIR", "T2"))
    with pytest.raises(InputError, match=r"2 channels \(FLAIR, T2\).*Name one in the source: channel: FLAIR"):
        listed(SourceSettings(path="d"), tmp_path / "d")
    assert len(listed(SourceSettings(path="d", channel="T2"), tmp_path / "d")) == 2


def test_a_fold_of_a_file_says_who_trains_and_who_validates(data, settings):
    write_splits(
        data / "s.json",
        [Fold(("a", "b"), ("v",)), Fold(("v", "b"), ("a",)), Fold(("b",), ("a",), ("v",))],
        {},
    )
    split = split_of(settings, data, splits="s.json", fold=1)
    assert (names(split.train), names(split.validation)) == (["v", "b"], ["a"])
    split = split_of(settings, data, splits="s.json", fold=2)
    assert (names(split.train), names(split.validation)) == (["b"], ["a"])
    split = split_of(settings, data, splits="s.json", fold=1, exclude=("b",))
    assert names(split.train) == ["v"]


def test_two_ways_of_choosing_are_refused(data, settings):
    write_splits(data / "s.json", [Fold(("a", "b"), ("v",))], {})
    with pytest.raises(SettingsError, match=r"data\.splits says who validates"):
        split_of(settings, data, splits="s.json", validation=("a",))


def test_a_group_in_two_parts_is_refused(data, settings):
    write_images(data / "stills", ["a_2"])
    write_splits(data / "s.json", [Fold(("a", "b"), ("v", "a_2"))], {})
    cases = listed(SourceSettings(path="stills", group="^(.)"), data / "stills")
    wish = settings.model_copy(update={"data": DataSettings(splits="s.json")})
    with pytest.raises(UsageError, match="cases of a are in train and in validation"):
        chosen_split(wish, data, [cases], [cases])
