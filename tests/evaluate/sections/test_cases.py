"""Every case, as a section."""

from measured import result, scored
from segmem.evaluate.sections.cases import cases
from segmem.report.page import Table


def test_a_row_for_each_with_what_people_sort_by() -> None:
    section = cases(
        result("r", [scored("a", {"shaft": 0.5, "tip": 0.7}, "p1"), scored("b", {"shaft": 0.7}, "p2")]),
        " - r",
    )
    table = section.blocks[-1]
    assert section.title == "Cases - r"
    assert isinstance(table, Table)
    assert table.columns == ("case", "group", "frames", "dice mean of classes", "dice shaft", "dice tip")
    assert [row[0].text for row in table.rows] == ["a", "b"]
    assert table.rows[0][3].key == 0.6
    assert table.rows[1][5].key is None
