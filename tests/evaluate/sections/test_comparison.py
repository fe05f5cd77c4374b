"""Runs against the first, as a section."""

from measured import result, scored
from segmem.evaluate.compare import compare
from segmem.evaluate.sections.comparison import comparison
from segmem.report.page import Table, Text


def test_every_difference_and_every_reason_there_is_none() -> None:
    one, other = (
        result(name, [scored(c, {"shaft": value}) for c in "abcdef"])
        for name, value in (("x", 0.5), ("y", 0.6))
    )
    section = comparison([compare(one, other)], ["z is over other cases"])
    warning, about, table = section.blocks
    assert isinstance(warning, Text)
    assert (warning.text, warning.warning) == ("z is over other cases", True)
    assert isinstance(about, Text)
    assert about.text.startswith("y minus x")
    assert isinstance(table, Table)
    row = dict(zip(table.columns, table.rows[0], strict=True))
    assert (row["difference"].text, row["better"].text, row["p"].text) == ("+0.100", "6", "0.0312")


def test_values_stand_where_p_cannot() -> None:
    one, other = (result(name, [scored("a", {"shaft": value})]) for name, value in (("x", 0.5), ("y", 0.6)))
    table = comparison([compare(one, other)], []).blocks[-1]
    assert isinstance(table, Table)
    row = dict(zip(table.columns, table.rows[0], strict=True))
    assert row["p"].key is None
    assert row["values"].text == "a 0.500 / 0.600"
