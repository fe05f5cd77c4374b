import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets import write_acdc
from labelled import write_images, write_scans, write_video_case
from segmem.core.errors import OutputError, UsageError
from segmem.data.cases import LabelledCase
from segmem.data.folds import SplitWish, make_folds, shares, split_data
from segmem.data.layouts import find_labelled
from segmem.data.split_file import read_splits
from segmem.data.splits import by_file


def a_case(group, name):
    return LabelledCase(name, group, "volume", lambda: iter(()))


CASES = [a_case(f"p{group}", f"p{group}_{i}") for group in range(11) for i in range(1 + group % 3)]


@given(st.integers(2, 11), st.integers(0, 5), st.permutations(CASES))
def test_every_group_validates_once_and_trains_in_the_other_folds(count, seed, order):
    folds = make_folds(order, SplitWish(folds=count, seed=seed))
    assert folds == make_folds(CASES, SplitWish(folds=count, seed=seed))
    groups = {case.group for case in CASES}
    assert sorted(name for fold in folds for name in fold.validation) == sorted(groups)
    assert all(set(fold.train) == groups - set(fold.validation) for fold in folds)
    sizes = [len(fold.validation) for fold in folds]
    assert max(sizes) - min(sizes) <= 1


@given(st.integers(0, 5), st.sampled_from([(0.8, 0.1, 0.1), (0.5, 0.5), (0.6, 0.4, 0.0)]))
def test_fixed_shares_part_the_groups(seed, fractions):
    (fold,) = make_folds(CASES, SplitWish(fractions=fractions, seed=seed))
    parts = (fold.train, fold.validation, fold.test)
    assert sorted(name for part in parts for name in part) == sorted({case.group for case in CASES})
    for part, share in zip(parts, fractions, strict=False):
        assert abs(len(part) - 11 * share) <= 1


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        (SplitWish(folds=12), "--folds 12 is not possible: there are 11"),
        (SplitWish(folds=1), "--folds 1 is not possible"),
        (SplitWish(folds=2, fractions=(0.5, 0.5)), "not both"),
        (SplitWish(fractions=(0.5, 0.4)), "add up to 1"),
        (SplitWish(fractions=(1.0,)), "two or three shares"),
        (SplitWish(fractions=(0.98, 0.01, 0.01)), "too few"),
    ],
)
def test_a_wish_that_cannot_be_met_is_told(wish, told):
    with pytest.raises(UsageError, match=told):
        make_folds(CASES, wish)


def test_shares_are_numbers_with_commas():
    assert shares(".8,.1,.1") == (0.8, 0.1, 0.1)
    assert shares(None) == ()
    with pytest.raises(UsageError, match=r"as in \.8,\.1,\.1"):
        shares("80%")


def test_a_dataset_is_split_by_the_groups_its_layout_knows(tmp_path):
    write_acdc(tmp_path / "acdc", range(1, 6))
    made = split_data(tmp_path / "acdc", tmp_path / "s.json", SplitWish(folds=5))
    assert (made.layout, made.cases, made.groups) == ("acdc", 10, 5)
    assert read_splits(tmp_path / "s.json") == made.folds
    split = by_file(find_labelled(tmp_path / "acdc"), tmp_path / "s.json", 2)
    assert {case.group for case in split.validation} == set(made.folds[2].validation)
    assert len(split.train) == 8
    assert "fold 4: 4 train, 1 validation, 0 test" in made.told(tmp_path / "s.json")
    assert json.loads(made.as_json())["groups"] == 5
    with pytest.raises(OutputError, match="exists"):
        split_data(tmp_path / "acdc", tmp_path / "s.json", SplitWish(folds=5))


def test_stills_are_split_by_frame_only_if_that_is_meant(tmp_path):
    write_images(tmp_path / "d", ["OP1_01", "OP1_02", "OP2_01", "OP2_02"])
    with pytest.raises(
        UsageError, match=r"This would split by frame: each of OP1_01, OP1_02, OP2_01.*--i-know"
    ):
        split_data(tmp_path / "d", tmp_path / "s.json", SplitWish(folds=2))
    assert not (tmp_path / "s.json").exists()
    made = split_data(tmp_path / "d", tmp_path / "s.json", SplitWish(folds=2), group=r"^(OP\d+)")
    assert [fold.validation for fold in made.folds] in ([("OP1",), ("OP2",)], [("OP2",), ("OP1",)])
    made = split_data(tmp_path / "d", tmp_path / "f.json", SplitWish(folds=2, i_know=True))
    assert made.groups == 4


def test_scans_of_several_times_are_not_taken_for_patients(tmp_path):
    names = [f"patient{n:03d}_frame{f:02d}" for n in (1, 2) for f in (1, 9)]
    write_scans(tmp_path / "d", names)
    with pytest.raises(UsageError, match="split by frame"):
        split_data(tmp_path / "d", tmp_path / "s.json", SplitWish(folds=2))
    write_scans(tmp_path / "e", [f"hippocampus_{n:03d}" for n in range(1, 5)])
    assert split_data(tmp_path / "e", tmp_path / "s.json", SplitWish(folds=2)).groups == 4


def test_videos_are_operations(tmp_path):
    for name in ("a", "b"):
        write_video_case(tmp_path / "d" / name, 3, [1])
    assert split_data(tmp_path / "d", tmp_path / "s.json", SplitWish(folds=2)).groups == 2


def test_real_patients_are_never_parted(data_root, tmp_path):
    made = split_data(data_root / "mr_acdc", tmp_path / "s.json", SplitWish(), group=r"^(patient\d+)")
    assert (made.cases, made.groups, len(made.folds)) == (36, 18, 5)
    with pytest.raises(UsageError, match="split by frame"):
        split_data(data_root / "mr_acdc", tmp_path / "t.json", SplitWish())
