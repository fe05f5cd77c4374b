"""Whether confidence can be trusted, as sections."""

from dataclasses import replace

import pytest

from measured import result, scored
from segmem.evaluate.sections.trust import trust
from segmem.metrics.calibration import reliability
from segmem.report.page import Drawings, Pictures, Table, Text

pytest.importorskip("matplotlib")


def test_numbers_drawings_and_what_to_look_at() -> None:
    case = scored("a", {}, by_frame=[0.5, 0.9], confidence={0: 0.4, 1: 0.8, 2: 0.6})
    case = replace(case, pixels=reliability([0.8, 0.8], [True, False]))
    made = {("a", frame): b"\xff\xd8" for frame in range(3)}
    numbers, looks = trust(result("r", [case]), made, "")
    table, drawings = numbers.blocks
    assert isinstance(table, Table)
    said = {row[0].text.split(",")[0]: row[1].text for row in table.rows}
    assert said["frames or slices that tell their confidence"] == "3"
    assert said["expected calibration error of pixels"] == "0.3000"
    assert isinstance(drawings, Drawings)
    assert len(drawings.each) == 2
    assert isinstance(looks.blocks[1], Pictures)
    captions = [picture.caption for picture in looks.blocks[1].each]
    assert captions == [
        "a, 0: confidence 0.40, Dice 0.500",
        "a, 2: confidence 0.60",
        "a, 1: confidence 0.80, Dice 0.900",
    ]


def test_without_confidence_it_says_how_to_get_it() -> None:
    (section,) = trust(result("r", [scored("a", {"tip": 1}, by_frame=[0.5])]), {}, "")
    assert isinstance(section.blocks[0], Text)
    assert "--confidence" in section.blocks[0].text
