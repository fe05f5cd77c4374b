"""The papers' own scores, as a section."""

from measured import result
from segmem.evaluate.scores import CaseScores
from segmem.evaluate.sections.released import released
from segmem.evaluate.table import Row
from segmem.report.page import Table


def case(**values: float) -> CaseScores:
    rows = [Row("a", None, "shaft" if name == "dice" else "", name, value) for name, value in values.items()]
    return CaseScores("a", "a", "video", 1, tuple(rows))


def test_each_stands_beside_the_right_one() -> None:
    one = case(released_tmam_dice=0.9, released_tmam_tc=0.6, dice=0.5)
    tc = (
        Row("a", None, "shaft", "TC (DIS fast, 25 fps)", 0.95),
        Row("a", None, "shaft", "TC (DIS fast, 25 fps) of truth", 0.1),
    )
    section = released([result("r", [CaseScores("a", "a", "video", 1, (*one.rows, *tc))])])
    table = section.blocks[-1]
    assert isinstance(table, Table)
    said = [(row[3].text, row[5].text) for row in table.rows]
    assert said == [("0.900", "0.500"), ("0.600", "0.950")]


def test_not_there_unless_asked_for() -> None:
    assert released([result("r", [case(dice=0.5)])]).blocks == ()
