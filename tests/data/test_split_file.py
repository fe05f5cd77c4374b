import json

import pytest

from segmem.core.errors import FormatError, InputError, OutputError, SettingsError, UsageError
from segmem.data.cases import LabelledCase
from segmem.data.split_file import Fold, fold_of, parts_of, read_splits, write_splits


def a_case(name, group):
    return LabelledCase(name, group, "volume", lambda: iter(()))


CASES = [a_case(f"{patient}_frame{n:02d}", patient) for patient in ("p1", "p2", "p3") for n in (1, 12)]


def names(parts):
    return {part: [case.name for case in cases] for part, cases in parts.items()}


def test_folds_come_back(tmp_path):
    folds = (Fold(("a", "b"), ("c",), ("d",)), Fold(("b", "c"), ("a",), ("d",)))
    write_splits(tmp_path / "s.json", folds, {"seed": 3})
    assert read_splits(tmp_path / "s.json") == folds
    assert json.loads((tmp_path / "s.json").read_text())["seed"] == 3
    assert fold_of(tmp_path / "s.json", 1) == folds[1]
    with pytest.raises(SettingsError, match=r"has 2 folds, 0 to 1; 2 is none of them"):
        fold_of(tmp_path / "s.json", 2)


def test_an_earlier_file_is_not_replaced_unless_asked(tmp_path):
    write_splits(tmp_path / "s.json", [Fold(("a",), ("b",))], {})
    with pytest.raises(OutputError, match="--overwrite"):
        write_splits(tmp_path / "s.json", [Fold(("b",), ("a",))], {})
    write_splits(tmp_path / "s.json", [Fold(("b",), ("a",))], {}, overwrite=True)
    assert read_splits(tmp_path / "s.json") == (Fold(("b",), ("a",)),)


def test_nnunets_own_file_is_read(tmp_path):
    (tmp_path / "splits_final.json").write_text(
        json.dumps([{"train": ["la_003"], "val": ["la_007", "la_016"]}])
    )
    assert read_splits(tmp_path / "splits_final.json") == (Fold(("la_003",), ("la_007", "la_016")),)


def test_a_file_of_train_and_test_alone_is_read(tmp_path):
    (tmp_path / "s.json").write_text(json.dumps({"train": ["a"], "test": ["b"]}))
    assert read_splits(tmp_path / "s.json") == (Fold(("a",), (), ("b",)),)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[]", "holds no folds"),
        ('[{"val": ["a"]}]', "that train; one of them does not"),
        ('[{"train": "a"}]', "lists of names"),
        ("7", "holds no folds"),
        ("{", "not valid JSON"),
    ],
)
def test_other_content_is_refused(tmp_path, content, told):
    (tmp_path / "s.json").write_text(content)
    with pytest.raises(FormatError, match=told):
        read_splits(tmp_path / "s.json")


def test_a_missing_file_says_how_to_make_one(tmp_path):
    with pytest.raises(InputError, match=r"segmem split DATA -o s\.json"):
        read_splits(tmp_path / "s.json")


def test_a_name_in_two_parts_is_refused(tmp_path):
    (tmp_path / "s.json").write_text(json.dumps([{"train": ["a", "b"], "val": ["b"]}]))
    with pytest.raises(UsageError, match=r"s\.json: b is in train and in validation"):
        read_splits(tmp_path / "s.json")


def test_groups_and_cases_are_found_by_their_names(tmp_path):
    by_case = Fold(("p1_frame01", "p1_frame12", "p2"), ("p3",))
    assert names(parts_of(CASES, by_case, tmp_path)) == {
        "train": ["p1_frame01", "p1_frame12", "p2_frame01", "p2_frame12"],
        "validation": ["p3_frame01", "p3_frame12"],
        "test": [],
    }


def test_a_split_by_case_that_parts_a_group_is_refused(tmp_path):
    fold = Fold(("p1_frame01", "p2"), ("p1_frame12", "p3"))
    with pytest.raises(UsageError, match="cases of p1 are in train and in validation"):
        parts_of(CASES, fold, tmp_path)


def test_names_and_groups_must_fit_the_data(tmp_path):
    with pytest.raises(SettingsError, match=r"'p4' is no group and no case of the data\. Did you mean"):
        parts_of(CASES, Fold(("p1", "p2"), ("p4",)), tmp_path)
    with pytest.raises(UsageError, match=r"p3_frame01 of p3 is in no part"):
        parts_of(CASES, Fold(("p1",), ("p2",)), tmp_path)
