import pytest

from segmem.core.errors import SettingsError, UsageError
from segmem.data.cases import LabelledCase
from segmem.data.splits import by_fraction
from segmem.train.held_out import parted_cases, parted_sources
from segmem.train.settings import DataSettings, SourceSettings, StageSettings, TrainSettings


def cases(names, group=lambda name: name):
    return [LabelledCase(name, group(name), "image", lambda: iter(())) for name in names]


def parted(source, found, seed=0, limit=None):
    made = parted_cases(SourceSettings(path="p", **source), found, seed, limit)
    return [case.name for case in made.kept], [case.name for case in made.held]


TEN = cases([f"{number:02d}" for number in range(10)])


def test_a_share_of_the_groups_is_held_out_and_the_folds_hold_each_out_once():
    folds = [parted({"held_out": 0.2, "held_out_fold": fold}, TEN)[1] for fold in range(5)]
    assert sorted(name for fold in folds for name in fold) == [case.name for case in TEN]
    kept, held = parted({"held_out": 0.2}, TEN)
    assert sorted(kept + held) == [case.name for case in TEN]


def test_a_group_is_never_on_both_sides():
    found = cases([f"p{patient}_{slice_}" for patient in range(5) for slice_ in range(4)], lambda n: n[:2])
    kept, held = parted({"held_out": 0.4}, found)
    assert {name[:2] for name in kept} | {name[:2] for name in held} == {f"p{n}" for n in range(5)}
    assert not {name[:2] for name in kept} & {name[:2] for name in held}
    with pytest.raises(UsageError, match="p1 would be held out and trained on"):
        parted({"held_out_names": "p1_0"}, found)


def test_slices_of_one_stack_are_held_out_by_name_and_some_between_are_not_used():
    kept, held = parted({"held_out_names": "^0[89]$", "left_out_names": "^0[67]$"}, TEN)
    assert kept == ["00", "01", "02", "03", "04", "05"]
    assert held == ["08", "09"]


def test_limits_leave_what_the_seed_chooses():
    kept, held = parted({"held_out": 0.4, "limit": 2}, TEN, limit=3)
    assert (len(kept), len(held)) == (2, 3)
    assert kept != parted({"held_out": 0.4, "limit": 2}, TEN, seed=1)[0]
    assert (kept, held) == parted({"held_out": 0.4, "limit": 2}, TEN, limit=3)


@pytest.mark.parametrize(
    ("source", "error", "words"),
    [
        ({"held_out_names": "("}, SettingsError, "no regular expression"),
        ({"held_out_names": "."}, UsageError, "none is left to train on"),
        ({"held_out": 0.5, "held_out_fold": 2}, SettingsError, "past the end: 10 groups make 2 folds of 5"),
    ],
)
def test_what_cannot_be_parted_is_said(source, error, words):
    with pytest.raises(error, match=words):
        parted(source, TEN)


def test_who_is_held_out_is_who_a_fraction_of_the_same_seed_chooses():
    for seed in range(3):
        wanted = by_fraction(TEN, 0.3, seed)
        kept, held = parted({"held_out": 0.3}, TEN, seed)
        assert set(held) == {case.name for case in wanted.validation}
        assert set(kept) == {case.name for case in wanted.train}


def test_each_source_is_parted_by_its_own_settings_with_one_seed():
    data = DataSettings(
        sources=(SourceSettings(path="a", held_out=0.2), SourceSettings(path="b")), split_seed=3
    )
    settings = TrainSettings(data=data, stages=(StageSettings(name="s", steps=1),), seed=8)
    first, second = parted_sources(settings, [TEN, TEN])
    assert [case.name for case in first.held] == parted({"held_out": 0.2}, TEN, 3)[1]
    assert (len(second.kept), second.held) == (10, [])


def test_a_smaller_limit_leaves_some_of_what_a_larger_one_leaves_and_the_same_is_held_out():
    few, more = (parted({"held_out": 0.2, "limit": limit}, TEN) for limit in (2, 5))
    assert set(few[0]) < set(more[0])
    assert few[1] == more[1]
