"""Means over cases, as a section."""

from measured import result, scored
from segmem.evaluate.sections.summary import summary
from segmem.report.page import Table, Text


def tables(*runs: object) -> list[Table]:
    return [block for block in summary(runs).blocks if isinstance(block, Table)]  # type: ignore[arg-type]


def texts(*runs: object) -> str:
    return " ".join(block.text for block in summary(runs).blocks if isinstance(block, Text))  # type: ignore[arg-type]


def test_a_row_for_each_metric_and_a_column_for_each_class() -> None:
    glance, every = tables(
        result("r", [scored("a", {"shaft": 0.5, "tip": 0.7}), scored("b", {"shaft": 0.7})])
    )
    assert glance.columns == ("metric", "mean of classes", "shaft", "tip")
    assert [cell.text for cell in glance.rows[0]] == [
        "dice",
        "0.650 (0.600 to 0.700)",
        "0.600 (0.500 to 0.700)",
        "0.700",
    ]
    assert every.folded
    left_out = {row[1].text: row[-1].text for row in every.rows}
    assert left_out["tip"] == "1 absent"


def test_runs_stand_below_each_other() -> None:
    one, other = (result(name, [scored("a", {"shaft": value})]) for name, value in (("x", 0.5), ("y", 0.6)))
    glance, _ = tables(one, other)
    assert [row[1].text for row in glance.rows] == ["x", "y"]


def test_few_patients_and_one_patient_are_said_aloud() -> None:
    few = [scored(name, {"shaft": 0.5}) for name in "ab"]
    assert "fewer than six" in texts(result("r", few))
    within = [scored(name, {"shaft": 0.5}, group="p") for name in "abcdefgh"]
    assert "say nothing about others" in texts(result("r", within))
    many = [scored(name, {"shaft": 0.5}) for name in "abcdefgh"]
    assert "fewer" not in texts(result("r", many))
