import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmem.core.errors import SettingsError, UsageError
from segmem.data.cases import LabelledCase
from segmem.data.split_file import Fold, write_splits
from segmem.data.splits import Split, by_file, by_fraction, by_groups


def a_case(group, name="x"):
    return LabelledCase(name, group, "image", lambda: iter(()))


CASES = [a_case(group, f"{group}-{i}") for group in "abcdefgh" for i in range(2)]


def test_a_group_in_both_halves_is_refused():
    with pytest.raises(UsageError, match=r"^b: in training and in validation"):
        Split((a_case("a"), a_case("b", "1")), (a_case("b", "2"),))


def test_named_groups_validate_with_all_their_cases():
    split = by_groups(CASES, ["b"])
    assert [case.name for case in split.validation] == ["b-0", "b-1"]
    assert len(split.train) == 14


def test_an_unknown_group_names_the_nearest():
    with pytest.raises(SettingsError, match=r"'dataset2' is not in the data\. Did you mean"):
        by_groups([a_case("dataset1"), a_case("dataset3")], ["dataset2"])


def test_something_must_be_left_to_train_on():
    with pytest.raises(UsageError, match="none is left to train on"):
        by_groups(CASES, "abcdefgh")


@given(st.floats(0, 0.8), st.integers(0, 10), st.permutations(CASES))
def test_a_fraction_is_the_same_in_any_order_and_never_splits_a_group(fraction, seed, order):
    one, other = by_fraction(CASES, fraction, seed), by_fraction(order, fraction, seed)
    chosen = {case.group for case in one.validation}
    assert chosen == {case.group for case in other.validation}
    assert len(one.validation) == 2 * len(chosen)
    assert len(chosen) == (max(1, round(8 * fraction)) if fraction > 0 else 0)


def test_another_seed_chooses_other_groups():
    chosen = {
        frozenset(case.group for case in by_fraction(CASES, 0.3, seed).validation) for seed in range(10)
    }
    assert len(chosen) > 3


def test_a_fold_without_training_cases_is_refused(tmp_path):
    write_splits(tmp_path / "s.json", [Fold((), tuple("abcdefgh"))], {})
    with pytest.raises(UsageError, match="fold 0 leaves nothing to train on"):
        by_file(CASES, tmp_path / "s.json", 0)


def test_a_file_chooses_by_its_names(tmp_path):
    write_splits(tmp_path / "s.json", [Fold(tuple("abcdef"), ("g",), ("h",))], {})
    split = by_file(CASES, tmp_path / "s.json", 0)
    assert [case.name for case in split.validation] == ["g-0", "g-1"]
    assert "h" not in {case.group for case in split.train}
