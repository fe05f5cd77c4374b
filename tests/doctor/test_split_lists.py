import json

import pytest

from segmem.doctor.split_lists import folds


@pytest.mark.parametrize(
    ("name", "tree"),
    [
        ("splits_final.json", [{"train": ["a", "b"], "val": ["c"]}]),
        ("splits.json", {"train": ["a", "b"], "validation": ["c"]}),
        ("splits.json", {"seed": 3, "folds": [{"train": ["a", "b"], "val": ["c"]}]}),
    ],
)
def test_each_way_to_write_splits_is_read(tmp_path, name, tree):
    (tmp_path / name).write_text(json.dumps(tree))
    found, told = folds(tmp_path)
    assert told == []
    assert found == [{"train": frozenset({"a", "b"}), "validation": frozenset({"c"})}]


def test_without_a_file_there_is_nothing_to_say(tmp_path):
    assert folds(tmp_path) == ([], [])


def test_a_file_that_is_no_json_is_told(tmp_path):
    (tmp_path / "splits.json").write_text("{")
    found, told = folds(tmp_path)
    assert found == []
    assert [one.code for one in told] == ["splits-unreadable"]
